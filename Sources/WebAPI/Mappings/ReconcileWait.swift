import Storage
import Telephony

/// How far the PBX follows, read from the database, and the wait until it does.
struct ReconcileWait: Sendable {
    let database: Database
    let changes: ChangeWait

    /// How things stand.
    ///
    /// `isSuspended`: nothing is wanted on the PBX until the tenant is active again.
    /// `tickets`: the runs that are waited for; those that have not ended show as pending.
    func report(
        _ scope: TenantScope,
        isSuspended: Bool = false,
        tickets: [ReconcileTicket]? = nil
    ) async throws -> ReconcileReport {
        try await self.database.tenant(scope) { transaction in
            ReconcileReport(
                mappings: try await transaction.mappings.current().mappings,
                isSuspended: isSuspended,
                tickets: tickets,
                states: try await transaction.reconcile.states(),
                directory: try await transaction.directory.list(),
                problems: try await transaction.problems()
            )
        }
    }

    /// How things stand when a run has ended for every ticket with more than "again later", or the time is over.
    func report(
        _ scope: TenantScope,
        after tickets: [ReconcileTicket],
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
}
