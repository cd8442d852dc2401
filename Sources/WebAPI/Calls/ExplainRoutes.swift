import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// Why a call is as it is, or why there is none: `/v1/calls/{id}/explain`, and below `/admin/v1/tenants/{tenant}`
/// `calls/{id}/explain` and `explain`.
struct ExplainRoutes: Sendable {
    let database: Database
    /// As the assembler decides, so that both come to the same result.
    let defaults: AssemblyDefaults

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls/{id}/explain") { request, context in
            try await self.call(context.parameters.get("id"), request, scope: context.scope, tenant: context.tenant)
        }
    }

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("calls/{id}/explain") { request, context in
            try await self.call(context.parameters.get("id"), request, scope: context.scope, tenant: context.tenant)
        }
        router.get("explain") { request, context in try await self.search(request, context: context) }
    }

    /// By the id of a record, which may be withdrawn.
    private func call(
        _ id: String?,
        _ request: Request,
        scope: TenantScope,
        tenant: Tenant
    ) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        guard let id = id.flatMap({ UUID(uuidString: $0) }) else { throw HTTPProblem(.notFound) }
        return try await self.answer(request, scope: scope, tenant: tenant) { transaction in
            guard let callID = try await transaction.callID(ofCall: id) else { return nil }
            return try await transaction.explain(callID, self.defaults)
        }
    }

    /// By a CallID, which may have no calls, or by an event, which may have no CallID.
    private func search(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["call_id", "event_id"])
        let event = try query.integer("event_id", in: 0...Int64.max)
        let callID = try query.callID()
        guard (event == nil) != (callID == nil) else {
            throw HTTPProblem.parameter(
                "call_id",
                LocalizedText(
                    ru: "Нужен один из параметров: call_id или event_id.",
                    en: "Give one of the parameters call_id and event_id."
                )
            )
        }
        return try await self.answer(request, scope: context.scope, tenant: context.tenant) { transaction in
            if let callID {
                return try await transaction.explain(callID, self.defaults)
            }
            return try await transaction.explain(event: event ?? 0, self.defaults)
        }
    }

    private func answer(
        _ request: Request,
        scope: TenantScope,
        tenant: Tenant,
        _ explain: @Sendable (TenantTransaction) async throws -> Explanation?
    ) async throws -> Response {
        guard let explanation = try await self.database.snapshot(of: scope, explain) else {
            throw HTTPProblem(.notFound)
        }
        let language = AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? tenant.locale
        return .json(
            explanation.json(in: language),
            headers: [.contentLanguage: language.rawValue, .vary: "Accept-Language"]
        )
    }
}
