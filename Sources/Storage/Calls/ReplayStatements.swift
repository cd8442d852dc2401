import FoundationEssentials
import Postgres
import Telephony

/// A transaction's lock, not a session's: it works through a transaction pooler and goes with the process.
struct LockReplays: Statement {
    static let sql: StaticString = "SELECT pg_try_advisory_xact_lock(hashtextextended('replay/' || $1::text, 0))"
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

/// Interrupted replays that are not gone on with: all, or those of other rules or settings, or of more than a day ago, since
/// when the extension directory or the server's settings may have changed.
struct AbandonReplays: Statement {
    static let sql: StaticString = """
        DELETE FROM replays r USING tenants t
        WHERE t.tenant_id = $1 AND r.tenant_id = t.tenant_id AND r.finished_at IS NULL
          AND r.since = coalesce($2::timestamptz, '-infinity') AND r.until = coalesce($3::timestamptz, 'infinity')
          AND r.call_id = $4 AND ($5::bool OR r.rules_version <> $6 OR r.tenant_version <> t.version
            OR r.started_at < now() - interval '1 day')
        """
    var tenantID: TenantID
    var range: ReplayRange
    var all: Bool

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.range)
        bindings.append(self.all)
        bindings.append(Int32(CallRecord.currentRulesVersion))
    }
}

/// The open replay of this range, made when there is none.
struct BeginReplay: Statement {
    static let sql: StaticString = """
        INSERT INTO replays AS r (tenant_id, since, until, call_id, rules_version, tenant_version)
        SELECT tenant_id, coalesce($2::timestamptz, '-infinity'), coalesce($3::timestamptz, 'infinity'), $4, $5, version
        FROM tenants WHERE tenant_id = $1
        ON CONFLICT (tenant_id, since, until, call_id) WHERE finished_at IS NULL DO UPDATE SET position = r.position
        RETURNING r.tenant_id, r.replay_id, r.started_at, r.position, r.examined, r.added, r.changed, r.withdrawn,
          r.unchanged, r.failed, $2::timestamptz, $3::timestamptz, nullif($4, '')
        """
    var scope: TenantScope
    var range: ReplayRange

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.scope.tenantID)
        bindings.append(self.range)
        bindings.append(Int32(CallRecord.currentRulesVersion))
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> ReplayRun {
        let scope = TenantScope(tenantID: try row.next())
        let id: UUID = try row.next()
        let startedAt: Timestamp = try row.next()
        let position: String = try row.next()
        var tally = ReplayTally()
        tally.examined = Int(try row.next(Int64.self))
        tally.added = Int(try row.next(Int64.self))
        tally.changed = Int(try row.next(Int64.self))
        tally.withdrawn = Int(try row.next(Int64.self))
        tally.unchanged = Int(try row.next(Int64.self))
        tally.failed = Int(try row.next(Int64.self))
        let since: Timestamp? = try row.nextOptional()
        let until: Timestamp? = try row.nextOptional()
        let callID = try row.nextOptional(String.self).map(CallID.init(rawValue:))
        return ReplayRun(
            scope: scope,
            range: ReplayRange(callID: callID, since: since, until: until),
            id: id,
            startedAt: startedAt,
            position: position,
            tally: tally
        )
    }
}

struct AdvanceReplay: Statement {
    static let sql: StaticString = """
        UPDATE replays SET position = $4, examined = $5, added = $6, changed = $7, withdrawn = $8, unchanged = $9,
          failed = $10, finished_at = CASE WHEN $11::bool THEN now() END
        WHERE tenant_id = $1 AND replay_id = $2 AND position = $3 AND finished_at IS NULL
        """
    var old: ReplayRun
    var new: ReplayRun

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.old.scope.tenantID)
        bindings.append(self.old.id)
        bindings.append(self.old.position)
        bindings.append(self.new.position)
        let tally = self.new.tally
        for count in [tally.examined, tally.added, tally.changed, tally.withdrawn, tally.unchanged, tally.failed] {
            bindings.append(Int64(count))
        }
        bindings.append(self.new.isFinished)
    }
}

/// In the order of CallIDs, so that the partitions' indexes are merged and only as far as the limit read.
struct ListCallIDs: Statement {
    static let sql: StaticString = """
        SELECT call_id FROM events WHERE tenant_id = $1 AND call_id > $2
        GROUP BY call_id ORDER BY call_id LIMIT $3
        """
    var tenantID: TenantID
    var position: String
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.position)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallID {
        CallID(rawValue: try row.next(String.self))
    }
}

/// The same for CallIDs with an event that arrived in a time: days outside of it are not looked at.
struct ListCallIDsOfTime: Statement {
    static let sql: StaticString = """
        SELECT call_id FROM events
        WHERE tenant_id = $1 AND call_id > $2 AND arrived_at >= coalesce($4::timestamptz, '-infinity')
          AND arrived_at < coalesce($5::timestamptz, 'infinity')
        GROUP BY call_id ORDER BY call_id LIMIT $3
        """
    var all: ListCallIDs
    var since: Timestamp?
    var until: Timestamp?

    func bind(_ bindings: inout Bindings) {
        self.all.bind(&bindings)
        bindings.append(self.since)
        bindings.append(self.until)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallID { try ListCallIDs.decode(&row) }
}

/// Whether there is an event of a CallID that arrived in a time.
struct FindCallIDOfTime: Statement {
    static let sql: StaticString = """
        SELECT call_id FROM events
        WHERE tenant_id = $1 AND call_id = $2 AND call_id > $3 AND arrived_at >= coalesce($4::timestamptz, '-infinity')
          AND arrived_at < coalesce($5::timestamptz, 'infinity')
        LIMIT 1
        """
    var tenantID: TenantID
    var callID: CallID
    var position: String
    var since: Timestamp?
    var until: Timestamp?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.callID.rawValue)
        bindings.append(self.position)
        bindings.append(self.since)
        bindings.append(self.until)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallID { try ListCallIDs.decode(&row) }
}

/// The CallIDs of a range after a place, in their order, by the statement that finds them best.
struct ReplayCallIDs {
    var scope: TenantScope
    var range: ReplayRange
    var position: String
    var limit: Int

    func execute(in transaction: PostgresTransaction) async throws -> [CallKey] {
        try await self.callIDs(in: transaction).map { CallKey(scope: self.scope, callID: $0) }
    }

    private func callIDs(in transaction: PostgresTransaction) async throws -> [CallID] {
        let tenantID = self.scope.tenantID
        let (since, until) = (self.range.since, self.range.until)
        if let callID = self.range.callID {
            return try await transaction.execute(
                FindCallIDOfTime(
                    tenantID: tenantID,
                    callID: callID,
                    position: self.position,
                    since: since,
                    until: until
                )
            )
        }
        let all = ListCallIDs(tenantID: tenantID, position: self.position, limit: Int32(clamping: self.limit))
        guard since != nil || until != nil else { return try await transaction.execute(all) }
        return try await transaction.execute(ListCallIDsOfTime(all: all, since: since, until: until))
    }
}

extension Bindings {
    fileprivate mutating func append(_ range: ReplayRange) {
        self.append(range.since)
        self.append(range.until)
        self.append(range.callID?.rawValue ?? "")
    }
}
