import FoundationEssentials
import Postgres
import Telephony

extension Bindings {
    /// Tenant ids and CallIDs as two parallel arrays.
    mutating func append(_ keys: [CallKey]) {
        self.append(keys.map(\.scope.tenantID.rawValue))
        self.append(keys.map(\.callID.rawValue))
    }
}

extension CallKey {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            scope: TenantScope(tenantID: try row.next()),
            callID: CallID(rawValue: try row.next(String.self))
        )
    }
}

/// In a CTE of its own, since a sub-query may be planned so that more rows than LIMIT are locked. The instant is read after the
/// lock: an assembly that had the lock before may not have looked from a later one.
struct ClaimAssembly: Statement {
    static let sql: StaticString = """
        WITH due AS MATERIALIZED (
          SELECT tenant_id, call_id FROM assembly_due WHERE due_at <= coalesce($2, now())
          ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED),
        keys AS MATERIALIZED (SELECT DISTINCT tenant_id, call_id FROM due)
        SELECT tenant_id, call_id, pg_try_advisory_xact_lock(hashtextextended(tenant_id || '/' || call_id, 0)),
          coalesce($2, clock_timestamp())
        FROM keys
        """
    var limit: Int32
    var now: Timestamp?

    struct Output: Sendable {
        var key: CallKey
        var isLocked: Bool
        var now: Timestamp
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.limit)
        bindings.append(self.now)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(key: try CallKey(row: &row), isLocked: try row.next(), now: try row.next())
    }
}

/// Ordered, so that two processes that want the same CallIDs do not wait for each other. The instant is the one at which all
/// are locked: from the beginning of the transaction a grace that has passed meanwhile would not have.
struct LockCalls: Statement {
    static let sql: StaticString = """
        WITH keys AS MATERIALIZED (
          SELECT hashtextextended(k.tenant_id || '/' || k.call_id, 0) AS key
          FROM unnest($1::text[], $2::text[]) AS k (tenant_id, call_id) ORDER BY 1),
        locked AS MATERIALIZED (SELECT count(pg_advisory_xact_lock(key)) FROM keys)
        SELECT clock_timestamp() FROM locked
        """
    var keys: [CallKey]

    func bind(_ bindings: inout Bindings) { bindings.append(self.keys) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Timestamp { try row.next() }
}

/// Rows that another claimer holds are passed over: waiting for them could be a deadlock, and doing them again is harmless.
struct DeleteDueRows: Statement {
    static let sql: StaticString = """
        WITH mine AS MATERIALIZED (
          SELECT d.tenant_id, d.due_id FROM assembly_due d
          JOIN unnest($1::text[], $2::text[]) AS k (tenant_id, call_id) USING (tenant_id, call_id)
          FOR UPDATE OF d SKIP LOCKED)
        DELETE FROM assembly_due d USING mine WHERE d.tenant_id = mine.tenant_id AND d.due_id = mine.due_id
        """
    var keys: [CallKey]

    func bind(_ bindings: inout Bindings) { bindings.append(self.keys) }
}

struct LoadEvents: Statement {
    static let sql: StaticString = """
        SELECT e.tenant_id, e.call_id, e.extension_id, e.arrived_at, e.fields
        FROM unnest($1::text[], $2::text[]) AS k (tenant_id, call_id)
        JOIN events e ON e.tenant_id = k.tenant_id AND e.call_id = k.call_id
        WHERE e.fields IS NOT NULL AND e.quarantine IS NULL
        """
    var keys: [CallKey]

    struct Output: Sendable {
        var key: CallKey
        var event: CallEvent
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.keys) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        let key = try CallKey(row: &row)
        let extensionID: ExtensionID = try row.next()
        let arrivedAt: Timestamp = try row.next()
        let fields = EventFields(jsonObject: try row.next(PostgresJSON.self).bytes) ?? EventFields([])
        return Output(key: key, event: CallEvent(extensionID: extensionID, arrivedAt: arrivedAt, fields: fields))
    }
}

struct LoadStoredCalls: Statement {
    static let sql: StaticString = """
        SELECT c.tenant_id, c.call_id, c.created_at,
          c.id, c.version, c.seq, c.withdrawn, c.record_key, c.direction, c.status, c.call_id, c.sub_call_id, c.user_id,
          c.extension_id, c.extension_name, c.extension_type, c.client_number, c.client_number_e164, c.client_name, c.did,
          c.started_at, c.answered_at, c.ended_at, c.duration_us, c.recording_id, c.callback_id, c.transferred, c.internal,
          c.partial, c.flags, c.rule, c.rules_version
        FROM unnest($1::text[], $2::text[]) AS k (tenant_id, call_id)
        JOIN calls c ON c.tenant_id = k.tenant_id AND c.call_id = k.call_id
        """
    var keys: [CallKey]

    struct Output: Sendable {
        var key: CallKey
        var createdAt: Timestamp
        var call: StoredCall
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.keys) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(key: try CallKey(row: &row), createdAt: try row.next(), call: try StoredCall(row: &row))
    }
}

struct LoadSettings: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds,
          stale_after_seconds, event_limit, call_retention_days
        FROM tenants WHERE tenant_id = ANY ($1)
        """
    var tenants: [String]

    struct Output: Sendable {
        var tenantID: TenantID
        var settings: TenantSettings
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(tenantID: try row.next(), settings: try TenantSettings(row: &row))
    }
}

extension TenantSettings {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            externalOnly: try row.next(),
            recordUnansweredOutgoing: try row.next(),
            directMissed: try row.next(),
            agentPresence: try row.next(),
            graceSeconds: try row.nextOptional(),
            staleAfterSeconds: Int(try row.next(Int32.self)),
            eventLimit: Int(try row.next(Int32.self)),
            callRetentionDays: try row.nextOptional(Int32.self).map { Int($0) }
        )
    }
}

/// Extensions that are gone count too: calls from before still name them.
struct LoadDirectories: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, extension_id, name, type FROM extensions WHERE tenant_id = ANY ($1)
        """
    var tenants: [String]

    struct Output: Sendable {
        var tenantID: TenantID
        var ref: ExtensionRef
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            tenantID: try row.next(),
            ref: ExtensionRef(id: try row.next(), name: try row.next(), type: try row.next())
        )
    }
}

struct LoadHistory: Statement {
    static let sql: StaticString = """
        SELECT m.tenant_id, m.extension_id, m.user_id, m.valid_from, m.valid_until
        FROM unnest($1::text[], $2::int8[]) AS k (tenant_id, extension_id)
        JOIN mappings m ON m.tenant_id = k.tenant_id AND m.extension_id = k.extension_id
        """
    var extensions: [ExtensionOfTenant]

    struct Output: Sendable {
        var tenantID: TenantID
        var period: MappingPeriod
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.extensions.map(\.scope.tenantID.rawValue))
        bindings.append(self.extensions.map(\.id.rawValue))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            tenantID: try row.next(),
            period: MappingPeriod(
                extensionID: try row.next(),
                userID: try row.nextOptional(),
                from: try row.next(),
                until: try row.nextOptional()
            )
        )
    }
}

struct LoadKnownRecordings: Statement {
    static let sql: StaticString = """
        SELECT r.tenant_id, r.call_id, r.extension_id, r.recording_id
        FROM unnest($1::text[], $2::text[]) AS k (tenant_id, call_id)
        JOIN known_recordings r ON r.tenant_id = k.tenant_id AND r.call_id = k.call_id
        """
    var keys: [CallKey]

    struct Output: Sendable {
        var key: CallKey
        var recording: KnownRecording
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.keys) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            key: try CallKey(row: &row),
            recording: KnownRecording(extensionID: try row.next(), recordingID: try row.next())
        )
    }
}

struct InsertDueRows: Statement {
    static let sql: StaticString = """
        INSERT INTO assembly_due (tenant_id, call_id, due_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
        """
    var due: [(key: CallKey, at: Timestamp)]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.due.map(\.key))
        bindings.append(self.due.map { PostgresTimestamp(microsecondsSinceUnixEpoch: $0.at.microseconds) })
    }
}

struct NoteExtensionActivity: Statement {
    static let sql: StaticString = """
        WITH seen AS (
          SELECT e.tenant_id, e.extension_id, k.at
          FROM extensions e JOIN unnest($1::text[], $2::int8[], $3::timestamptz[]) AS k (tenant_id, extension_id, at)
            ON e.tenant_id = k.tenant_id AND e.extension_id = k.extension_id
          WHERE e.last_event_at IS NULL OR e.last_event_at < k.at - interval '1 second'
          FOR UPDATE OF e SKIP LOCKED)
        UPDATE extensions e SET last_event_at = seen.at FROM seen
        WHERE e.tenant_id = seen.tenant_id AND e.extension_id = seen.extension_id
        """
    var latest: [(key: ExtensionOfTenant, at: Timestamp)]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.latest.map(\.key.scope.tenantID.rawValue))
        bindings.append(self.latest.map(\.key.id.rawValue))
        bindings.append(self.latest.map { PostgresTimestamp(microsecondsSinceUnixEpoch: $0.at.microseconds) })
    }
}

/// Two seconds after the first failure, doubling.
struct PutOffAssembly: Statement {
    static let sql: StaticString = """
        UPDATE assembly_due d SET attempts = d.attempts + 1,
          due_at = now() + least(2 ^ least(d.attempts + 1, 20), $3) * interval '1 second'
        FROM unnest($1::text[], $2::text[]) AS k (tenant_id, call_id)
        WHERE d.tenant_id = k.tenant_id AND d.call_id = k.call_id AND d.due_at <= now()
        RETURNING d.attempts
        """
    var keys: [CallKey]
    var maximumBackoffSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.keys)
        bindings.append(self.maximumBackoffSeconds)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

struct FindBacklog: Statement {
    static let sql: StaticString = """
        SELECT count(*)::int4, coalesce(extract(epoch FROM now() - min(due_at)), 0)::float8
        FROM (SELECT due_at FROM assembly_due WHERE due_at <= now() ORDER BY due_at LIMIT 10000) AS late
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> AssemblyBacklog {
        AssemblyBacklog(dueRows: Int(try row.next(Int32.self)), oldestSeconds: try row.next())
    }
}
