package import FoundationEssentials
import Postgres
package import Telephony

/// A tenant whose PBX is to be asked whether it has calls of extensions that send nothing, leased to one process.
package struct SilenceCheck: Hashable, Sendable {
    package var scope: TenantScope
    package var claimID: UUID
    /// Looks that failed before this one.
    package var failedAttempts: Int
    /// The instant of the claim, by the database's clock.
    package var now: Timestamp
}

/// A phone whose subscriptions have been right for a day, and that has sent nothing in it.
package struct QuietExtension: Hashable, Sendable {
    package var extensionID: ExtensionID
    /// Nil: never.
    package var lastEventAt: Timestamp?
    /// Since when its subscriptions are right.
    package var activeSince: Timestamp

    package init(extensionID: ExtensionID, lastEventAt: Timestamp?, activeSince: Timestamp) {
        self.extensionID = extensionID
        self.lastEventAt = lastEventAt
        self.activeSince = activeSince
    }
}

extension SystemTransaction {
    /// The checks for silent extensions, of all tenants.
    package var silenceChecks: SilenceChecks { SilenceChecks(postgres: self.postgres) }
}

/// When to ask a PBX for calls of extensions that send nothing, and what it answered.
package struct SilenceChecks: Sendable {
    let postgres: PostgresTransaction

    /// Closes the problems of extensions that have sent something, or are no longer active; no PBX is asked for that.
    package func closeHeard() async throws {
        _ = try await self.postgres.execute(CloseHeardSilences())
    }

    /// Leases up to `limit` tenants that have quiet extensions and whose time has come.
    package func claim(claimID: UUID, leaseSeconds: Int, limit: Int) async throws -> [SilenceCheck] {
        _ = try await self.postgres.execute(EnsureSilenceChecks())
        return try await self.postgres.execute(
            ClaimSilenceChecks(
                claimID: claimID,
                leaseSeconds: Int32(clamping: leaseSeconds),
                limit: Int32(clamping: limit)
            )
        )
    }

    /// The tenant's quiet extensions, by id.
    package func quietExtensions(of check: SilenceCheck) async throws -> [QuietExtension] {
        try await self.postgres.execute(ListQuietExtensions(tenantID: check.scope.tenantID))
    }

    /// Ends a look: opens the problems of the silent ones and closes the others'. Nothing is written when the lease was lost.
    ///
    /// `silent`: nil when the look failed, then the problems stay.
    package func finish(_ check: SilenceCheck, silent: [ExtensionID: Problem]?, nextInSeconds: Int) async throws {
        let released = try await self.postgres.affectedRows(
            ReleaseSilenceCheck(check: check, isDone: silent != nil, nextInSeconds: Int32(clamping: nextInSeconds))
        )
        guard released > 0, let silent else { return }
        _ = try await self.postgres.execute(
            CloseSilences(tenantID: check.scope.tenantID, except: silent.keys.map(\.rawValue))
        )
        for (extensionID, problem) in silent.sorted(by: { $0.key < $1.key }) {
            _ = try await self.postgres.execute(
                OpenProblem(tenantID: check.scope.tenantID, extensionID: extensionID, problem: problem)
            )
        }
    }
}

/// An event that came since the problem was opened ends it, as does the end of the subscription.
struct CloseHeardSilences: Statement {
    static let sql: StaticString = """
        DELETE FROM problems p WHERE p.code = 'silent_extension' AND (
          EXISTS (SELECT FROM extensions e
            WHERE e.tenant_id = p.tenant_id AND e.extension_id = p.extension_id AND e.last_event_at > p.since)
          OR NOT EXISTS (SELECT FROM subscription_states s
            WHERE s.tenant_id = p.tenant_id AND s.extension_id = p.extension_id AND s.state = 'active'))
        """
}

/// A tenant gets its row when it first has a quiet extension.
struct EnsureSilenceChecks: Statement {
    static let sql: StaticString = """
        INSERT INTO silence_checks (tenant_id)
        SELECT DISTINCT s.tenant_id FROM subscription_states s
        WHERE s.active_since <= now() - interval '24 hours'
          AND NOT EXISTS (SELECT FROM silence_checks c WHERE c.tenant_id = s.tenant_id)
        ON CONFLICT (tenant_id) DO NOTHING
        """
}

struct ClaimSilenceChecks: Statement {
    static let sql: StaticString = """
        WITH due AS (
          SELECT c.tenant_id FROM silence_checks c JOIN tenants t USING (tenant_id)
          WHERE c.due_at <= now() AND (c.claimed_until IS NULL OR c.claimed_until < now()) AND t.status = 'active'
            AND EXISTS (
              SELECT FROM subscription_states s
              JOIN extensions e ON e.tenant_id = s.tenant_id AND e.extension_id = s.extension_id
              WHERE s.tenant_id = c.tenant_id AND s.active_since <= now() - interval '24 hours' AND e.type = 'phone'
                AND (e.last_event_at IS NULL OR e.last_event_at <= now() - interval '24 hours'))
          ORDER BY c.due_at LIMIT $3 FOR UPDATE OF c SKIP LOCKED)
        UPDATE silence_checks c
        SET claim_id = $1, claimed_until = now() + $2 * interval '1 second', attempts = c.attempts + 1
        FROM due WHERE c.tenant_id = due.tenant_id
        RETURNING c.tenant_id, c.claim_id, c.attempts, now()
        """
    var claimID: UUID
    var leaseSeconds: Int32
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claimID)
        bindings.append(self.leaseSeconds)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SilenceCheck {
        SilenceCheck(
            scope: TenantScope(tenantID: try row.next()),
            claimID: try row.next(),
            failedAttempts: Int(try row.next(Int32.self)) - 1,
            now: try row.next()
        )
    }
}

struct ListQuietExtensions: Statement {
    static let sql: StaticString = """
        SELECT s.extension_id, e.last_event_at, s.active_since FROM subscription_states s
        JOIN extensions e ON e.tenant_id = s.tenant_id AND e.extension_id = s.extension_id
        WHERE s.tenant_id = $1 AND s.active_since <= now() - interval '24 hours' AND e.type = 'phone'
          AND (e.last_event_at IS NULL OR e.last_event_at <= now() - interval '24 hours')
        ORDER BY s.extension_id
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> QuietExtension {
        QuietExtension(
            extensionID: try row.next(),
            lastEventAt: try row.nextOptional(),
            activeSince: try row.next()
        )
    }
}

struct ReleaseSilenceCheck: Statement {
    static let sql: StaticString = """
        UPDATE silence_checks SET claim_id = NULL, claimed_until = NULL,
          attempts = CASE WHEN $3 THEN 0 ELSE attempts END, due_at = now() + $4 * interval '1 second'
        WHERE tenant_id = $1 AND claim_id = $2
        """
    var check: SilenceCheck
    var isDone: Bool
    var nextInSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.check.scope.tenantID)
        bindings.append(self.check.claimID)
        bindings.append(self.isDone)
        bindings.append(self.nextInSeconds)
    }
}

struct CloseSilences: Statement {
    static let sql: StaticString = """
        DELETE FROM problems WHERE tenant_id = $1 AND code = 'silent_extension' AND extension_id <> ALL ($2)
        """
    var tenantID: TenantID
    var except: [Int64]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.except)
    }
}
