package import FoundationEssentials
import Postgres
package import Telephony

/// An extension to reconcile, leased to one process.
package struct ReconcileClaim: Hashable, Sendable {
    package var scope: TenantScope
    package var extensionID: ExtensionID
    package var claimID: UUID
    /// What the run serves; a change during the run raises it in the to-do row.
    package var generation: Int64
    /// Runs that failed before this one.
    package var attempts: Int
    /// Somebody waits for it: it may use more of the budget, and what an earlier refusal showed is tried anew.
    package var isInteractive: Bool
    /// Nothing changed: it is only looked whether all is still there.
    package var isDriftCheck: Bool
}

/// How a run ended for the to-do row.
package enum ReconcileOutcome: Hashable, Sendable {
    /// Nothing is left to do until something changes.
    case settled
    /// Once more after this many seconds.
    case retry(afterSeconds: Int)
}

extension SystemTransaction {
    /// Reconcile to-dos of all tenants.
    package var reconcileClaims: ReconcileClaims { ReconcileClaims(postgres: self.postgres) }
}

/// The workers' side of reconcile: leases, runs' ends, states.
package struct ReconcileClaims: Sendable {
    let postgres: PostgresTransaction

    /// Leases up to `limit` to-dos that are due: the interactive ones first, then those of the tenants with the fewest runs
    /// in progress, then of the tenant that was served longest ago. No tenant has more than `perTenant` runs in progress.
    package func claim(
        claimID: UUID,
        leaseSeconds: Int,
        limit: Int,
        perTenant: Int = .max
    ) async throws -> [ReconcileClaim] {
        try await self.postgres.execute(
            ClaimReconciles(
                claimID: claimID,
                leaseSeconds: Int32(clamping: leaseSeconds),
                limit: Int32(clamping: limit),
                perTenant: Int32(clamping: perTenant)
            )
        )
    }

    /// Extends the lease; false when it was lost, and nothing may be written to the PBX any more.
    package func renew(_ claim: ReconcileClaim, leaseSeconds: Int) async throws -> Bool {
        try await self.postgres.affectedRows(
            RenewReconcileClaim(claim: claim, leaseSeconds: Int32(clamping: leaseSeconds))
        ) > 0
    }

    /// Records that the PBX has no row with these retired tokens; they are forgotten when that is 24 h old.
    ///
    /// `seen`: of them the ones that this run found on rows and took away.
    package func noteUnused(
        _ tokens: Set<EventToken>,
        seen: Set<EventToken>,
        of claim: ReconcileClaim
    ) async throws {
        guard !tokens.isEmpty else { return }
        _ = try await self.postgres.execute(
            NoteUnusedTokens(
                claim: claim,
                digests: tokens.map { SecretDigest(of: $0.text).bytes },
                seen: seen.map { SecretDigest(of: $0.text).bytes }
            )
        )
    }

    /// Puts a run off without a word: what the last one left stays as it is.
    package func putOff(_ claim: ReconcileClaim, seconds: Int) async throws {
        _ = try await self.postgres.execute(
            ReleaseReconcile(claim: claim, retryAfterSeconds: Int32(clamping: seconds))
        )
    }

    /// Ends a run: state, problem, our rows on the PBX (nil: not known) and to-do row in one transaction, and wakes whoever
    /// waits.
    ///
    /// - Returns: false when the lease was lost; nothing is written then.
    package func finish(
        _ claim: ReconcileClaim,
        state: SubscriptionState,
        rows: [(eventID: Int64, eventType: String)]?,
        problem: Problem?,
        outcome: ReconcileOutcome
    ) async throws -> Bool {
        let tenantID = claim.scope.tenantID
        let retryAfter: Int32? =
            switch outcome {
            case .settled: nil
            case .retry(let seconds): Int32(clamping: seconds)
            }
        guard try await self.postgres.affectedRows(LockReconcileClaim(claim: claim)) > 0 else { return false }
        _ = try await self.postgres.execute(ReleaseReconcile(claim: claim, retryAfterSeconds: retryAfter))
        if let rows {
            _ = try await self.postgres.execute(
                ReplaceSubscriptions(
                    tenantID: tenantID,
                    extensionID: claim.extensionID,
                    eventIDs: rows.map(\.eventID),
                    eventTypes: rows.map(\.eventType)
                )
            )
        }
        _ = try await self.postgres.execute(
            WriteSubscriptionState(
                tenantID: tenantID,
                state: state,
                foreignHosts: try HostCounts.encode(state.slots?.foreignHosts ?? [:])
            )
        )
        _ = try await self.postgres.execute(
            CloseExtensionProblems(
                tenantID: tenantID,
                extensionID: claim.extensionID,
                exceptCode: problem?.code.rawValue
            )
        )
        if let problem {
            _ = try await self.postgres.execute(
                OpenProblem(tenantID: tenantID, extensionID: claim.extensionID, problem: problem)
            )
        }
        try await self.postgres.notify(channel: Channel.reconciled, of: tenantID)
        return true
    }

    /// Writes to-dos for extensions that no run has looked at for `seconds`: the drift check.
    ///
    /// - Returns: how many were written.
    package func requestDriftChecks(olderThanSeconds seconds: Int) async throws -> Int {
        try await self.postgres.affectedRows(RequestDriftChecks(olderThanSeconds: Int32(clamping: seconds)))
    }
}

/// Walks over the tenants that have to-dos, by an index; of each it looks at no more than could be claimed.
struct ClaimReconciles: Statement {
    static let sql: StaticString = """
        WITH RECURSIVE waiting AS (
          (SELECT tenant_id FROM reconcile_todos ORDER BY tenant_id LIMIT 1)
          UNION ALL
          SELECT (SELECT r.tenant_id FROM reconcile_todos r WHERE r.tenant_id > w.tenant_id ORDER BY r.tenant_id LIMIT 1)
          FROM waiting w WHERE w.tenant_id IS NOT NULL),
        due AS (
          SELECT w.tenant_id, d.extension_id, d.interactive, d.due_at,
            running.count + row_number() OVER (PARTITION BY w.tenant_id ORDER BY d.interactive DESC, d.due_at) AS place
          FROM waiting w
          CROSS JOIN LATERAL (
            SELECT count(*) FROM reconcile_todos r
            WHERE r.tenant_id = w.tenant_id AND r.claimed_until IS NOT NULL AND r.claimed_until > now()) AS running
          CROSS JOIN LATERAL (
            (SELECT r.extension_id, r.interactive, r.due_at FROM reconcile_todos r
              WHERE r.tenant_id = w.tenant_id AND r.interactive AND r.due_at <= now()
                AND (r.claimed_until IS NULL OR r.claimed_until < now())
              ORDER BY r.due_at LIMIT $3)
            UNION ALL
            (SELECT r.extension_id, r.interactive, r.due_at FROM reconcile_todos r
              WHERE r.tenant_id = w.tenant_id AND NOT r.interactive AND r.due_at <= now()
                AND (r.claimed_until IS NULL OR r.claimed_until < now())
              ORDER BY r.due_at LIMIT $3)) AS d),
        chosen AS (
          SELECT d.tenant_id, d.extension_id FROM due d LEFT JOIN reconcile_turns t USING (tenant_id)
          WHERE d.place <= $4
          ORDER BY d.interactive DESC, d.place, t.served_at NULLS FIRST, d.due_at LIMIT $3),
        locked AS (
          SELECT r.tenant_id, r.extension_id FROM reconcile_todos r JOIN chosen USING (tenant_id, extension_id)
          WHERE r.claimed_until IS NULL OR r.claimed_until < now()
          FOR UPDATE OF r SKIP LOCKED),
        turns AS (
          INSERT INTO reconcile_turns (tenant_id, served_at)
          SELECT DISTINCT tenant_id, now() FROM locked ORDER BY tenant_id
          ON CONFLICT (tenant_id) DO UPDATE SET served_at = excluded.served_at)
        UPDATE reconcile_todos r
        SET claim_id = $1, claimed_until = now() + $2 * interval '1 second', attempts = r.attempts + 1
        FROM locked WHERE r.tenant_id = locked.tenant_id AND r.extension_id = locked.extension_id
        RETURNING r.tenant_id, r.extension_id, r.claim_id, r.generation, r.attempts - 1, r.interactive, r.drift
        """
    var claimID: UUID
    var leaseSeconds: Int32
    var limit: Int32
    var perTenant: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claimID)
        bindings.append(self.leaseSeconds)
        bindings.append(self.limit)
        bindings.append(self.perTenant)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> ReconcileClaim {
        ReconcileClaim(
            scope: TenantScope(tenantID: try row.next()),
            extensionID: try row.next(),
            claimID: try row.next(),
            generation: try row.next(),
            attempts: Int(try row.next(Int32.self)),
            isInteractive: try row.next(),
            isDriftCheck: try row.next()
        )
    }
}

struct RenewReconcileClaim: Statement {
    static let sql: StaticString = """
        UPDATE reconcile_todos SET claimed_until = now() + $4 * interval '1 second'
        WHERE tenant_id = $1 AND extension_id = $2 AND claim_id = $3
        """
    var claim: ReconcileClaim
    var leaseSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.claim.claimID)
        bindings.append(self.leaseSeconds)
    }
}

/// Locks the to-do row when this claim still holds it.
struct LockReconcileClaim: Statement {
    static let sql: StaticString = """
        SELECT 1 FROM reconcile_todos WHERE tenant_id = $1 AND extension_id = $2 AND claim_id = $3 FOR UPDATE
        """
    var claim: ReconcileClaim

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.claim.claimID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

/// Removes a settled to-do that nobody raised meanwhile; otherwise gives it back, due again.
struct ReleaseReconcile: Statement {
    static let sql: StaticString = """
        WITH settled AS (
          DELETE FROM reconcile_todos
          WHERE tenant_id = $1 AND extension_id = $2 AND claim_id = $3 AND generation = $4 AND $5::int4 IS NULL)
        UPDATE reconcile_todos SET claim_id = NULL, claimed_until = NULL,
          due_at = CASE WHEN generation = $4 THEN now() + $5::int4 * interval '1 second' ELSE now() END
        WHERE tenant_id = $1 AND extension_id = $2 AND claim_id = $3 AND (generation <> $4 OR $5::int4 IS NOT NULL)
        """
    var claim: ReconcileClaim
    var retryAfterSeconds: Int32?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.claim.claimID)
        bindings.append(self.claim.generation)
        bindings.append(self.retryAfterSeconds)
    }
}

struct RequestDriftChecks: Statement {
    static let sql: StaticString = """
        INSERT INTO reconcile_todos (tenant_id, extension_id, drift)
        SELECT s.tenant_id, s.extension_id, true FROM subscription_states s
        WHERE s.checked_at < now() - $1 * interval '1 second' AND s.state <> 'removed'
        ORDER BY s.tenant_id, s.extension_id
        ON CONFLICT (tenant_id, extension_id) DO NOTHING
        """
    var olderThanSeconds: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.olderThanSeconds) }
}
