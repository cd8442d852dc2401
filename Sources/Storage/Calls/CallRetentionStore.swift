import FoundationEssentials
import Postgres
package import Telephony

/// From when on a tenant keeps its call records.
package struct CallHorizon: Hashable, Sendable {
    package var scope: TenantScope
    /// Records that ended before it go.
    package var instant: Timestamp
}

extension SystemTransaction {
    /// The removal of old call records.
    package var callRetention: CallRetentionStore { CallRetentionStore(postgres: self.postgres) }
}

/// Removes call records that are older than their tenant keeps them, live and withdrawn ones.
package struct CallRetentionStore: Sendable {
    let postgres: PostgresTransaction

    /// The horizons of the tenants that do not keep their records for ever.
    ///
    /// `fallback`: the server's retention, for tenants without one of their own; nil: unlimited.
    package func horizons(fallback: Duration?) async throws -> [CallHorizon] {
        try await self.postgres.execute(ListCallHorizons(fallbackSeconds: fallback.map { $0 / .seconds(1) }))
    }

    /// Removes the oldest records before a tenant's horizon, those of up to `limit` of them; returns how many.
    ///
    /// It locks as the assembler does: first the CallIDs, passing over those that are being assembled, then the tenant's feed.
    /// So an assembler cannot write back what it has just read, and a reader of the feed sees the removal and its mark at once.
    package func prune(_ horizon: CallHorizon, limit: Int) async throws -> Int {
        let tenantID = horizon.scope.tenantID.rawValue
        let candidates = try await self.postgres.execute(
            LockOldCalls(tenantID: tenantID, before: horizon.instant, limit: Int32(clamping: limit))
        )
        let callIDs = candidates.filter(\.isLocked).map(\.callID)
        guard !callIDs.isEmpty else { return 0 }
        _ = try await self.postgres.execute(LockFeeds(tenants: [tenantID]))
        let removed = try await self.postgres.first(
            RemoveCalls(tenantID: tenantID, callIDs: callIDs, before: horizon.instant)
        )
        return Int(removed ?? 0)
    }
}

/// An hour behind the horizon below which the assembler writes no new record: an assembler's transaction that began before
/// the removal has read its horizon earlier, and must not bring a removed record back.
struct ListCallHorizons: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, now() - retention - interval '1 hour'
        FROM (
          SELECT tenant_id,
            coalesce(make_interval(days => call_retention_days), make_interval(secs => $1::float8)) AS retention
          FROM tenants) AS t
        WHERE retention IS NOT NULL ORDER BY tenant_id
        """
    var fallbackSeconds: Double?

    func bind(_ bindings: inout Bindings) { bindings.append(self.fallbackSeconds) }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallHorizon {
        CallHorizon(scope: TenantScope(tenantID: try row.next()), instant: try row.next())
    }
}

struct LockOldCalls: Statement {
    static let sql: StaticString = """
        WITH old AS MATERIALIZED (
          SELECT call_id FROM calls WHERE tenant_id = $1 AND ended_at < $2 ORDER BY ended_at LIMIT $3),
        keys AS MATERIALIZED (SELECT DISTINCT call_id FROM old)
        SELECT call_id, pg_try_advisory_xact_lock(hashtextextended($1 || '/' || call_id, 0)) FROM keys
        """
    var tenantID: String
    var before: Timestamp
    var limit: Int32

    struct Output: Sendable {
        var callID: String
        var isLocked: Bool
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.before)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(callID: try row.next(), isLocked: try row.next())
    }
}

struct RemoveCalls: Statement {
    static let sql: StaticString = """
        WITH removed AS (
          DELETE FROM calls WHERE tenant_id = $1 AND call_id = ANY ($2) AND ended_at < $3 RETURNING seq)
        UPDATE tenant_feeds f SET pruned_seq = greatest(f.pruned_seq, r.seq), prunes = f.prunes + 1
        FROM (SELECT max(seq) AS seq, count(*) AS n FROM removed) AS r
        WHERE f.tenant_id = $1 AND r.n > 0
        RETURNING r.n
        """
    var tenantID: String
    var callIDs: [String]
    var before: Timestamp

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.callIDs)
        bindings.append(self.before)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
