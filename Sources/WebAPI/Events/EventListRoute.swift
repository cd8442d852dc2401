import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// A tenant's events as they were received, the oldest first: `GET /admin/v1/tenants/{tenant}/events`.
struct EventListRoute: Sendable {
    let database: Database

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("events") { request, context in
            let query = try QueryParameters(request, known: ["call_id", "extension_id", "since", "limit", "cursor"])
            let limit = try query.limit()
            let filter = EventFilter(
                callID: try query.callID(),
                extensionID: try query.integer("extension_id", in: 1...Int64.max).map(ExtensionID.init(rawValue:)),
                since: try query.instant("since")
            )
            let position = try LogPosition(.events, query["cursor"])
            let page = try await self.database.tenant(context.scope) { transaction in
                try await transaction.events(filter, after: position, limit: limit)
            }
            let language = context.language(of: request)
            var response = Response.page(
                page.events.map { $0.json(in: language) },
                next: page.next.map { Cursor.encode(.events, $0.text) }
            )
            response.headers[.contentLanguage] = language.rawValue
            response.headers[.vary] = "Accept-Language"
            return response
        }
    }
}

extension QueryParameters {
    /// `call_id`; nil when absent.
    func callID() throws(HTTPProblem) -> CallID? {
        guard let text = self["call_id"] else { return nil }
        guard let callID = CallID(received: text) else {
            throw .parameter(
                "call_id",
                LocalizedText(ru: "Недопустимое значение.", en: "The value is not allowed.")
            )
        }
        return callID
    }
}
