package import FoundationEssentials
import Postgres
package import Telephony

/// A tenant whose PBX is to be asked for recordings that were not ready at the hangup, leased to one process.
package struct RecordingSearch: Hashable, Sendable {
    package var scope: TenantScope
    package var claimID: UUID
    /// Looks that failed before this one.
    package var failedAttempts: Int
    /// The instant of the claim: what is to be asked for by then is looked for.
    package var now: Timestamp
    /// False when all that is known says that this PBX records nothing: then the look is only to see whether it does.
    package var expectsRecordings: Bool
}

/// An answered leg whose recording is not known.
package struct UnrecordedCall: Hashable, Sendable {
    package var callID: CallID
    package var extensionID: ExtensionID
    /// When the leg began. The call itself may have begun a little earlier, in an IVR or a queue.
    package var startedAt: Timestamp

    package init(callID: CallID, extensionID: ExtensionID, startedAt: Timestamp) {
        self.callID = callID
        self.extensionID = extensionID
        self.startedAt = startedAt
    }
}

/// A recording that the PBX's call history has.
package struct FoundRecording: Hashable, Sendable {
    package var callID: CallID
    package var extensionID: ExtensionID
    /// As the history writes it.
    package var recordingID: String

    package init(callID: CallID, extensionID: ExtensionID, recordingID: String) {
        self.callID = callID
        self.extensionID = extensionID
        self.recordingID = recordingID
    }
}

extension SystemTransaction {
    /// The searches for recordings of all tenants.
    package var recordingSearches: RecordingSearches { RecordingSearches(postgres: self.postgres) }
}

/// When to ask a PBX for recordings, and what it answered.
///
/// A call is asked for about 2 minutes, 30 minutes and 6 hours after its record was written, unless it ended more than a day
/// ago. Nothing is kept per call: each look serves all calls whose time has come since the look before. While a PBX has
/// recorded nothing for 7 days, though there are calls of more than 12 hours ago, it is asked once a day.
package struct RecordingSearches: Sendable {
    let postgres: PostgresTransaction

    /// Seconds after the writing of a record at which its recording is asked for.
    private static let stages: [Int32] = [120, 1800, 21_600]

    /// Whether a recording that the call lacks is still asked for.
    package static func mayStillFind(_ record: CallRecord, now: Timestamp) -> Bool {
        guard let last = self.stages.max(), record.status == .answered, record.recordingID == nil else { return false }
        return now - record.endedAt <= .seconds(Int(last))
    }

    /// Leases up to `limit` tenants that have calls to ask for, those that wait longest first.
    ///
    /// `now`: the instant that decides which calls; nil: the database's clock.
    package func claim(claimID: UUID, leaseSeconds: Int, limit: Int, now: Timestamp?) async throws -> [RecordingSearch]
    {
        try await self.postgres.execute(
            ClaimRecordingSearches(
                claimID: claimID,
                leaseSeconds: Int32(clamping: leaseSeconds),
                limit: Int32(clamping: limit),
                stages: Self.stages,
                now: now
            )
        )
    }

    /// The calls to ask for, by their beginning.
    package func calls(of search: RecordingSearch) async throws -> [UnrecordedCall] {
        try await self.postgres.execute(ListUnrecordedCalls(search: search, stages: Self.stages))
    }

    /// Stores what the history has, makes the calls due for assembly that gained something, and extends the lease.
    ///
    /// - Returns: how many recordings are new; nil when the lease was lost, and nothing was stored.
    package func record(_ found: [FoundRecording], of search: RecordingSearch, leaseSeconds: Int) async throws -> Int? {
        let renewed = try await self.postgres.affectedRows(
            RenewRecordingSearch(search: search, leaseSeconds: Int32(clamping: leaseSeconds))
        )
        guard renewed > 0 else { return nil }
        guard !found.isEmpty else { return 0 }
        let count = try await self.postgres.first(InsertKnownRecordings(scope: search.scope, found: found)) ?? 0
        if count > 0 {
            try await self.postgres.notify(channel: Channel.assembly, payload: "")
        }
        return Int(count)
    }

    /// Ends a look that had an answer for all its calls; the next is at the earliest in `nextInSeconds`.
    package func finish(_ search: RecordingSearch, nextInSeconds: Int) async throws {
        try await self.release(search, isDone: true, seconds: nextInSeconds)
    }

    /// Ends a look that failed; the same calls are asked for again in `seconds`.
    package func putOff(_ search: RecordingSearch, seconds: Int) async throws {
        try await self.release(search, isDone: false, seconds: seconds)
    }

    private func release(_ search: RecordingSearch, isDone: Bool, seconds: Int) async throws {
        _ = try await self.postgres.execute(
            ReleaseRecordingSearch(search: search, isDone: isDone, nextInSeconds: Int32(clamping: seconds))
        )
    }

    /// Removes known recordings whose calls have no events any more, and can therefore never be assembled again. Looks at
    /// the oldest thousand.
    package func dropOrphans() async throws -> Int {
        try await self.postgres.affectedRows(DropOrphanedRecordings())
    }
}

/// The tenants are few and each is answered by index; a tenant without such calls costs no write.
struct ClaimRecordingSearches: Statement {
    static let sql: StaticString = """
        WITH clock AS (SELECT coalesce($5, now()) AS now),
        due AS (
          SELECT s.tenant_id, expected.is_true AS is_expected
          FROM clock, recording_searches s JOIN tenants t USING (tenant_id)
          CROSS JOIN LATERAL (
            SELECT EXISTS (
                SELECT FROM calls r WHERE r.tenant_id = s.tenant_id AND r.recording_id IS NOT NULL AND NOT r.withdrawn
                  AND r.created_at > (SELECT now FROM clock) - interval '7 days')
              OR NOT EXISTS (
                SELECT FROM calls u
                WHERE u.tenant_id = s.tenant_id AND u.status = 'answered' AND u.recording_id IS NULL AND NOT u.withdrawn
                  AND u.created_at > (SELECT now FROM clock) - interval '7 days'
                  AND u.created_at < (SELECT now FROM clock) - interval '12 hours') AS is_true) AS expected
          WHERE s.due_at <= clock.now AND (s.claimed_until IS NULL OR s.claimed_until < now()) AND t.status <> 'removing'
            AND EXISTS (
              SELECT FROM unnest($4::int4[]) AS stage (seconds)
              JOIN calls c ON c.tenant_id = s.tenant_id
                AND c.created_at <= clock.now - stage.seconds * interval '1 second'
                AND c.created_at
                  > greatest(s.looked_at, clock.now - interval '1 day') - stage.seconds * interval '1 second'
              WHERE c.status = 'answered' AND c.recording_id IS NULL AND NOT c.withdrawn
                AND c.ended_at > clock.now - interval '1 day')
            AND (expected.is_true OR s.looked_at IS NULL OR s.looked_at <= clock.now - interval '1 day')
          ORDER BY s.due_at LIMIT $3 FOR UPDATE OF s SKIP LOCKED)
        UPDATE recording_searches s
        SET claim_id = $1, claimed_until = now() + $2 * interval '1 second', attempts = s.attempts + 1
        FROM due, clock WHERE s.tenant_id = due.tenant_id
        RETURNING s.tenant_id, s.claim_id, s.attempts, clock.now, due.is_expected
        """
    var claimID: UUID
    var leaseSeconds: Int32
    var limit: Int32
    var stages: [Int32]
    var now: Timestamp?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claimID)
        bindings.append(self.leaseSeconds)
        bindings.append(self.limit)
        bindings.append(self.stages)
        bindings.append(self.now)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> RecordingSearch {
        RecordingSearch(
            scope: TenantScope(tenantID: try row.next()),
            claimID: try row.next(),
            failedAttempts: Int(try row.next(Int32.self)) - 1,
            now: try row.next(),
            expectsRecordings: try row.next()
        )
    }
}

/// The calls that ``ClaimRecordingSearches`` saw.
struct ListUnrecordedCalls: Statement {
    static let sql: StaticString = """
        SELECT c.call_id, c.extension_id, min(c.started_at)
        FROM recording_searches s
        CROSS JOIN unnest($3::int4[]) AS stage (seconds)
        JOIN calls c ON c.tenant_id = s.tenant_id
          AND c.created_at <= $4 - stage.seconds * interval '1 second'
          AND c.created_at > greatest(s.looked_at, $4 - interval '1 day') - stage.seconds * interval '1 second'
        WHERE s.tenant_id = $1 AND s.claim_id = $2
          AND c.status = 'answered' AND c.recording_id IS NULL AND NOT c.withdrawn AND c.ended_at > $4 - interval '1 day'
        GROUP BY c.call_id, c.extension_id ORDER BY 3, 1, 2
        """
    var search: RecordingSearch
    var stages: [Int32]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.search.scope.tenantID)
        bindings.append(self.search.claimID)
        bindings.append(self.stages)
        bindings.append(self.search.now)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> UnrecordedCall {
        UnrecordedCall(
            callID: CallID(rawValue: try row.next(String.self)),
            extensionID: try row.next(),
            startedAt: try row.next()
        )
    }
}

struct RenewRecordingSearch: Statement {
    static let sql: StaticString = """
        UPDATE recording_searches SET claimed_until = now() + $3 * interval '1 second'
        WHERE tenant_id = $1 AND claim_id = $2
        """
    var search: RecordingSearch
    var leaseSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.search.scope.tenantID)
        bindings.append(self.search.claimID)
        bindings.append(self.leaseSeconds)
    }
}

struct ReleaseRecordingSearch: Statement {
    static let sql: StaticString = """
        UPDATE recording_searches SET claim_id = NULL, claimed_until = NULL,
          looked_at = CASE WHEN $4 THEN $3 ELSE looked_at END, attempts = CASE WHEN $4 THEN 0 ELSE attempts END,
          due_at = greatest($3, now()) + $5 * interval '1 second'
        WHERE tenant_id = $1 AND claim_id = $2
        """
    var search: RecordingSearch
    var isDone: Bool
    var nextInSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.search.scope.tenantID)
        bindings.append(self.search.claimID)
        bindings.append(self.search.now)
        bindings.append(self.isDone)
        bindings.append(self.nextInSeconds)
    }
}

/// Counts the recordings that were not known.
struct InsertKnownRecordings: Statement {
    static let sql: StaticString = """
        WITH found AS (
          SELECT DISTINCT ON (call_id, extension_id, lower(recording_id)) call_id, extension_id, recording_id
          FROM unnest($2::text[], $3::int8[], $4::text[]) AS f (call_id, extension_id, recording_id)
          ORDER BY call_id, extension_id, lower(recording_id), recording_id),
        gained AS (
          INSERT INTO known_recordings (tenant_id, call_id, extension_id, recording_id)
          SELECT $1, f.call_id, f.extension_id, f.recording_id FROM found f
          WHERE NOT EXISTS (
            SELECT FROM known_recordings k
            WHERE k.tenant_id = $1 AND k.call_id = f.call_id AND k.extension_id = f.extension_id
              AND lower(k.recording_id) = lower(f.recording_id))
          ON CONFLICT (tenant_id, call_id, extension_id, recording_id) DO NOTHING
          RETURNING call_id),
        due AS (INSERT INTO assembly_due (tenant_id, call_id) SELECT DISTINCT $1, call_id FROM gained)
        SELECT count(*)::int4 FROM gained
        """
    var scope: TenantScope
    var found: [FoundRecording]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.scope.tenantID)
        bindings.append(self.found.map(\.callID.rawValue))
        bindings.append(self.found.map(\.extensionID.rawValue))
        bindings.append(self.found.map(\.recordingID))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

/// Events go by their age, so the facts found first lose theirs first: looking at the oldest is enough.
struct DropOrphanedRecordings: Statement {
    static let sql: StaticString = """
        WITH oldest AS MATERIALIZED (
          SELECT tenant_id, call_id, extension_id, recording_id FROM known_recordings
          ORDER BY found_at LIMIT 1000)
        DELETE FROM known_recordings k USING oldest o
        WHERE k.tenant_id = o.tenant_id AND k.call_id = o.call_id AND k.extension_id = o.extension_id
          AND k.recording_id = o.recording_id
          AND NOT EXISTS (SELECT FROM events e WHERE e.tenant_id = o.tenant_id AND e.call_id = o.call_id)
        """
}
