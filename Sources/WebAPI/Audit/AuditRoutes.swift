import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// The audit log, newest first: a tenant's own below `/admin/v1/tenants/{tenant}/audit`, and everybody's at `/admin/v1/audit`.
struct AuditRoutes: Sendable {
    private static let parameters: Set<String> = ["since", "action", "limit", "cursor"]

    let database: Database

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("audit") { request, context in
            let query = try QueryParameters(request, known: Self.parameters)
            return try await Self.page(query) { filter, position, limit in
                try await self.database.tenant(context.scope) { transaction in
                    try await transaction.auditLines(filter, before: position, limit: limit)
                }
            } json: {
                .object(try $0.members)
            }
        }
    }

    func add(to router: RouterGroup<OperatorContext>) {
        router.get("audit") { request, _ in
            let query = try QueryParameters(request, known: Self.parameters)
            return try await Self.page(query) { filter, position, limit in
                try await self.database.system { transaction in
                    try await transaction.auditLines(filter, before: position, limit: limit)
                }
            } json: { line in
                let tenant = JSONValue.Member(name: "tenant", value: JSONValue(line.tenantID?.rawValue))
                return .object([tenant] + (try line.members))
            }
        }
    }

    private static func page(
        _ query: QueryParameters,
        read: (AuditFilter, LogPosition?, Int) async throws -> [AuditLine],
        json: (AuditLine) throws -> JSONValue
    ) async throws -> Response {
        let limit = try query.limit()
        let filter = AuditFilter(since: try query.instant("since"), action: query["action"])
        let position = try LogPosition(.audit, query["cursor"])
        let lines = try await read(filter, position, limit + 1)
        let page = lines.prefix(limit)
        return .page(
            try page.map(json),
            next: lines.count > limit ? page.last.map { Cursor.encode(.audit, $0.position.text) } : nil
        )
    }
}

extension AuditLine {
    /// - Throws: ``JSONParser/Malformed`` when what was noted cannot be read.
    fileprivate var members: [JSONValue.Member] {
        get throws {
            let object: JSONValue = [
                "at": JSONValue(self.at),
                "actor": .string(self.entry.actor),
                "action": .string(self.entry.action),
                "target": .string(self.entry.target),
                "before": try self.entry.before.map { try JSONParser.parse($0.bytes) } ?? .null,
                "after": try self.entry.after.map { try JSONParser.parse($0.bytes) } ?? .null,
                "request_id": JSONValue(self.entry.requestID),
            ]
            return object.members ?? []
        }
    }
}

extension LogPosition {
    /// The place that a cursor holds; nil when there is no cursor.
    ///
    /// - Throws: ``HTTPProblem`` 400 for a text that the list did not give out.
    init?(_ kind: Cursor.Kind, _ cursor: String?) throws(HTTPProblem) {
        guard let text = try Cursor.decode(kind, cursor) else { return nil }
        guard let position = LogPosition(text: text) else { throw HTTPProblem(.invalidCursor) }
        self = position
    }
}
