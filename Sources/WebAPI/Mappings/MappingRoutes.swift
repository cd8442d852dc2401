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
    let keyRing: KeyRing
    let changes: ChangeWait

    var inquiries: InquiryWait { InquiryWait(database: self.database, changes: self.changes) }
    var reconcile: ReconcileWait { ReconcileWait(database: self.database, changes: self.changes) }

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
        router.get("reconcile") { request, context in
            _ = try QueryParameters(request, known: [])
            let report = try await self.reconcile.report(context.scope)
            return Response.json(report.json(in: context.language(of: request)))
        }
        router.post("reconcile") { request, context in try await self.runNow(request, context: context) }
        router.get("problems") { request, context in
            _ = try QueryParameters(request, known: [])
            let problems = try await self.database.tenant(context.scope) { try await $0.problems() }
            let language = context.language(of: request)
            return Response.page(problems.map { $0.json(in: language) }, next: nil)
        }
    }

    /// "Retry now": runs every mapped extension, also those whose trouble was terminal.
    private func runNow(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        try context.requireActive()
        let wait = PreferredWait(request)
        let tickets = try await self.database.tenant(context.scope) { transaction in
            let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
            return try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
        }
        let report = try await self.reconcile.report(context.scope, after: tickets, until: wait.deadline)
        return .json(report.json(in: context.language(of: request)), headers: wait.headers)
    }

    private func replace(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let isDryRun = try QueryParameters(request, known: ["dry_run"]).flag("dry_run")
        let condition = EntityTag.Condition(request)
        guard condition != .none else { throw HTTPProblem(.preconditionRequired) }
        let wanted = try MappingBody.mappings(try await request.json(upTo: Self.maximumBody))
        try context.requireActive()
        let wait = PreferredWait(request)
        try await self.waitForDirectory(context.scope, until: wait.deadline)
        guard !isDryRun else {
            let subjects = try await self.subjects(of: wanted, condition: condition, context: context)
            let preview = try await self.inquiries.answer(
                PlanPreview.self,
                to: .plan(subjects),
                of: context.scope,
                until: wait.deadline
            )
            return .json(preview.json(in: context.language(of: request)), headers: wait.headers)
        }
        let (set, tickets) = try await self.write(wanted, condition: condition, context: context)
        let report = try await self.reconcile.report(context.scope, after: tickets, until: wait.deadline)
        var headers = wait.headers
        headers[.eTag] = EntityTag.text(set.version)
        return .json(
            [
                "mappings": .array(set.mappings.map(\.json)),
                "reconcile": report.json(in: context.language(of: request)),
            ],
            headers: headers
        )
    }

    /// The write itself: everything in one transaction.
    private func write(
        _ wanted: [Mapping],
        condition: EntityTag.Condition,
        context: TenantAdminContext
    ) async throws -> (set: MappingSet, tickets: [ReconcileTicket]) {
        try await self.database.tenant(context.scope) { transaction in
            let locked = try await transaction.mappings.lockCurrent()
            guard condition.holds(for: locked.version) else { throw HTTPProblem(.preconditionFailed) }
            try await Self.validate(wanted, in: transaction)
            var generator = SystemRandomNumberGenerator()
            let (set, tickets) = try await transaction.mappings.replace(
                wanted,
                locked: locked,
                keyRing: self.keyRing,
                using: &generator
            )
            if set.version != locked.version {
                try await transaction.audit(Self.auditEntry(from: locked.mappings, to: set.mappings, context: context))
            }
            return (set, tickets)
        }
    }

    /// The extensions that the write would run. Refuses what the write refuses, and changes nothing.
    private func subjects(
        of wanted: [Mapping],
        condition: EntityTag.Condition,
        context: TenantAdminContext
    ) async throws -> [PlanPreview.Subject] {
        try await self.database.snapshot(of: context.scope) { transaction in
            let current = try await transaction.mappings.current()
            guard condition.holds(for: current.version) else { throw HTTPProblem(.preconditionFailed) }
            try await Self.validate(wanted, in: transaction)
            return try await transaction.mappings.subjects(of: wanted, current: current)
        }
    }

    /// - Throws: ``HTTPProblem`` 422 when the directory or the users speak against the set.
    private static func validate(_ wanted: [Mapping], in transaction: TenantTransaction) async throws {
        let isRead = try await transaction.directory.status().syncedAt != nil
        let directory = isRead ? try await transaction.directory.list() : nil
        let users = try await transaction.users.existing(Array(Set(wanted.compactMap(\.userID))))
        if let problem = MappingBody.problem(MappingValidation(wanted, directory: directory, users: users)) {
            throw problem
        }
    }

    /// Only what differs is noted: sets can be large.
    private static func auditEntry(from old: [Mapping], to new: [Mapping], context: TenantAdminContext) -> AuditEntry {
        let (oldSet, newSet) = (Set(old), Set(new))
        func json(_ mappings: [Mapping]) -> PostgresJSON {
            PostgresJSON(bytes: (["mappings": .array(mappings.map(\.json))] as JSONValue).bytes)
        }
        return AuditEntry(
            actor: context.principal.actor,
            action: "mappings.put",
            target: "mappings",
            before: json(old.filter { !newSet.contains($0) }),
            after: json(new.filter { !oldSet.contains($0) }),
            requestID: context.requestID
        )
    }

    /// Waits for the first reading of the directory when one is due, so that the set is checked against it.
    func waitForDirectory(_ scope: TenantScope, until deadline: ContinuousClock.Instant) async throws {
        func isWorthWaiting() async throws -> Bool {
            let status = try await self.database.tenant(scope) { try await $0.directory.status() }
            return status.syncedAt == nil && status.isDue
        }
        guard deadline > .now, try await isWorthWaiting() else { return }
        _ = try await self.changes.first(
            on: Channel.directoryRead,
            of: scope.tenantID,
            within: deadline - .now,
            every: .milliseconds(500)
        ) {
            try await isWorthWaiting() ? nil : true
        }
    }
}
