import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// A tenant's mappings and how far the PBX follows them: `/admin/v1/tenants/{tenant}/mappings`, `…/reconcile`, `…/problems`.
struct MappingRoutes: Sendable {
    /// Of a body, in bytes.
    private static let maximumBody = 4 << 20
    /// Seconds that a write waits for the PBX when nobody says.
    private static let defaultWait = 10
    /// Seconds that a write waits at most.
    private static let maximumWait = 60

    let database: Database
    let keyRing: KeyRing
    let changes: ChangeWait

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
            let report = try await self.report(context.scope)
            return Response.json(report.json(in: self.language(request, context)))
        }
        router.post("reconcile") { request, context in try await self.runNow(request, context: context) }
        router.get("problems") { request, context in
            _ = try QueryParameters(request, known: [])
            let problems = try await self.database.tenant(context.scope) { try await $0.problems() }
            let language = self.language(request, context)
            return Response.page(problems.map { $0.json(in: language) }, next: nil)
        }
    }

    private func language(_ request: Request, _ context: TenantAdminContext) -> Language {
        AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? context.tenant.locale
    }

    /// "Retry now": runs every mapped extension, also those whose trouble was terminal.
    private func runNow(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        try context.requireActive()
        let (wait, headers) = Self.wait(request)
        let deadline = ContinuousClock.now + .seconds(wait)
        let tickets = try await self.database.tenant(context.scope) { transaction in
            let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
            return try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
        }
        let report = try await self.waitForReconcile(context.scope, tickets: tickets, until: deadline)
        return .json(report.json(in: self.language(request, context)), headers: headers)
    }

    /// The seconds of `Prefer: wait=N` within our bound, and the header that says so (RFC 7240).
    private static func wait(_ request: Request) -> (seconds: Int, headers: HTTPFields) {
        let preferred = Prefer.wait(request.headers[values: .prefer])
        let seconds = min(preferred ?? Self.defaultWait, Self.maximumWait)
        return (seconds, preferred == nil ? [:] : [.preferenceApplied: "wait=\(seconds)"])
    }

    private func replace(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        let condition = EntityTag.Condition(request)
        guard condition != .none else { throw HTTPProblem(.preconditionRequired) }
        let wanted = try MappingBody.mappings(try await request.json(upTo: Self.maximumBody))
        try context.requireActive()
        let (wait, preference) = Self.wait(request)
        let deadline = ContinuousClock.now + .seconds(wait)
        try await self.waitForDirectory(context.scope, until: deadline)

        let (set, tickets) = try await self.write(wanted, condition: condition, context: context)
        let report = try await self.waitForReconcile(context.scope, tickets: tickets, until: deadline)
        var headers = preference
        headers[.eTag] = EntityTag.text(set.version)
        return .json(
            [
                "mappings": .array(set.mappings.map(\.json)),
                "reconcile": report.json(in: self.language(request, context)),
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
            let isRead = try await transaction.directory.status().syncedAt != nil
            let directory = isRead ? try await transaction.directory.list() : nil
            let users = try await transaction.users.existing(Array(Set(wanted.compactMap(\.userID))))
            if let problem = MappingBody.problem(MappingValidation(wanted, directory: directory, users: users)) {
                throw problem
            }
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
    private func waitForDirectory(_ scope: TenantScope, until deadline: ContinuousClock.Instant) async throws {
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

    /// Waits until a run has ended for every ticket with more than "again later", or the time is over.
    private func waitForReconcile(
        _ scope: TenantScope,
        tickets: [ReconcileTicket],
        until deadline: ContinuousClock.Instant
    ) async throws -> ReconcileReport {
        guard !tickets.isEmpty, deadline > .now else { return try await self.report(scope, tickets: tickets) }
        let answered: ReconcileReport? = try await self.changes.first(
            on: Channel.reconciled,
            of: scope.tenantID,
            within: deadline - .now,
            every: .milliseconds(500)
        ) {
            let states = try await self.database.tenant(scope) { try await $0.reconcile.states() }
            let ended = Dictionary(
                states.filter { $0.state != .pending }.map { ($0.extensionID, $0.generation) },
                uniquingKeysWith: { first, _ in first }
            )
            guard tickets.allSatisfy({ ended[$0.extensionID] ?? 0 >= $0.generation }) else { return nil }
            return try await self.report(scope, tickets: tickets)
        }
        guard let answered else { return try await self.report(scope, tickets: tickets) }
        return answered
    }

    private func report(_ scope: TenantScope, tickets: [ReconcileTicket] = []) async throws -> ReconcileReport {
        try await self.database.tenant(scope) { transaction in
            ReconcileReport(
                mappings: try await transaction.mappings.current().mappings,
                tickets: tickets,
                states: try await transaction.reconcile.states(),
                directory: try await transaction.directory.list(),
                problems: try await transaction.problems()
            )
        }
    }
}
