import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// Gives an extension a new event URL: `POST /admin/v1/tenants/{tenant}/extensions/{extension_id}/rotate-token`.
///
/// The rows on the PBX are changed in place, so no event is lost; the old URL stays valid for a day after the PBX has left it.
struct TokenRotationRoute: Sendable {
    let database: Database
    let keyRing: KeyRing
    let changes: ChangeWait

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.post("extensions/{extension_id}/rotate-token") { request, context in
            try await self.rotate(request, context: context)
        }
    }

    private func rotate(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        let extensionID = try context.extensionID()
        try context.requireActive()
        let wait = PreferredWait(request)
        let (mappings, ticket) = try await self.database.tenant(context.scope) { transaction in
            var generator = SystemRandomNumberGenerator()
            guard
                let ticket = try await transaction.reconcile.rotateToken(
                    of: extensionID,
                    keyRing: self.keyRing,
                    using: &generator
                )
            else {
                let isListed = try await transaction.directory.list().contains { $0.id == extensionID }
                throw HTTPProblem(isListed ? .extensionNotMapped : .notFound)
            }
            try await transaction.audit(
                AuditEntry(
                    actor: context.principal.actor,
                    action: "extension.rotate_token",
                    target: "extension:\(extensionID)",
                    requestID: context.requestID
                )
            )
            return (try await transaction.mappings.current(), ticket)
        }
        let reconcile = ReconcileWait(database: self.database, changes: self.changes)
        let report = try await reconcile.report(context.scope, after: [ticket], until: wait.deadline)
        return .json(
            [
                "mappings": .array(mappings.mappings.map(\.json)),
                "reconcile": try report.json(in: context.language(of: request)),
            ],
            headers: wait.headers
        )
    }
}
