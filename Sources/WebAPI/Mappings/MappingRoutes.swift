import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// A tenant's mappings and how far the PBX follows them: `/admin/v1/tenants/{tenant}/mappings`, `…/reconcile`, `…/problems`.
struct MappingRoutes: Sendable {
    /// Of a body, in bytes.
    private static let maximumBody = 4 << 20

    let database: Database
    let writer: MappingWriter
    let changes: ChangeWait

    private var reconcile: ReconcileWait { ReconcileWait(database: self.database, changes: self.changes) }

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("mappings") { request, context in
            _ = try QueryParameters(request, known: [])
            let set = try await self.database.tenant(context.scope) { try await $0.mappings.current() }
            return Response.json(
                ["mappings": .array(set.mappings.map(\.json))],
                headers: [.eTag: EntityTag.text(set.version)]
            )
        }
        router.put("mappings") { request, context in try await self.replace(request, context: context) }
        router.put("mappings/{extension_id}") { request, context in try await self.put(request, context: context) }
        router.delete("mappings/{extension_id}") { request, context in
            try await self.delete(request, context: context)
        }
        router.get("reconcile") { request, context in
            _ = try QueryParameters(request, known: [])
            let isSuspended = context.tenant.status != .active
            let report = try await self.reconcile.report(context.scope, isSuspended: isSuspended)
            return Response.json(try report.json(in: context.language(of: request)))
        }
        router.post("reconcile") { request, context in try await self.runNow(request, context: context) }
        router.get("problems") { request, context in
            let query = try QueryParameters(request, known: ["limit", "cursor"])
            let problems = try await self.database.tenant(context.scope) { try await $0.problems() }
            let language = context.language(of: request)
            return try query.page(of: problems, .problems, position: \.position) { try $0.json(in: language) }
        }
    }

    /// "Retry now": runs every mapped extension, also those whose trouble was terminal.
    private func runNow(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        try context.requireActive()
        let wait = PreferredWait(request)
        let tickets = try await self.database.tenant(context.scope) { transaction in
            let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
            try await transaction.audit(
                AuditEntry(
                    actor: context.principal.actor,
                    action: "reconcile.run",
                    target: "mappings",
                    requestID: context.requestID
                )
            )
            return try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
        }
        let report = try await self.reconcile.report(context.scope, after: tickets, until: wait.deadline)
        return .json(try report.json(in: context.language(of: request)), headers: wait.headers)
    }

    /// The whole set.
    private func replace(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let isDryRun = try QueryParameters(request, known: ["dry_run"]).flag("dry_run")
        guard EntityTag.Condition(request) != .none else { throw HTTPProblem(.preconditionRequired) }
        let entries = MappingEntries(body: try await request.json(upTo: Self.maximumBody))
        let edit = MappingEdit(entries: entries, wanted: { _, _ in WantedMappings(mappings: entries.mappings) })
        return try await self.writer.answer(edit, to: request, isDryRun: isDryRun, context: context)
    }

    /// One mapping; the others stay.
    private func put(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let isDryRun = try QueryParameters(request, known: ["dry_run"]).flag("dry_run")
        let extensionID = try context.extensionID()
        let entries = MappingEntries(of: extensionID, body: try await request.json())
        let edit = MappingEdit(
            entries: entries,
            wanted: { current, _ in
                WantedMappings(mappings: current.filter { $0.extensionID != extensionID } + entries.mappings)
            }
        )
        return try await self.writer.answer(edit, to: request, isDryRun: isDryRun, context: context)
    }

    private func delete(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let isDryRun = try QueryParameters(request, known: ["dry_run"]).flag("dry_run")
        let extensionID = try context.extensionID()
        let edit = MappingEdit(wanted: { current, _ in
            let rest = current.filter { $0.extensionID != extensionID }
            guard rest.count < current.count else { throw HTTPProblem(.notFound) }
            return WantedMappings(mappings: rest)
        })
        return try await self.writer.answer(edit, to: request, isDryRun: isDryRun, context: context)
    }
}

extension TenantAdminContext {
    /// The extension in the path.
    ///
    /// - Throws: ``HTTPProblem`` 404 when no extension can have that number.
    func extensionID() throws(HTTPProblem) -> ExtensionID {
        guard let text = self.parameters.get("extension_id"), let number = Int64(text), number > 0,
            String(number) == text
        else { throw HTTPProblem(.notFound) }
        return ExtensionID(rawValue: number)
    }
}
