import FoundationEssentials
import Postgres
import Telephony

/// Takes the feed counters in the order of tenants, so that two writers of several tenants cannot wait for each other.
struct LockFeeds: Statement {
    static let sql: StaticString = """
        SELECT last_seq FROM tenant_feeds WHERE tenant_id = ANY ($1) ORDER BY tenant_id FOR UPDATE
        """
    var tenants: [String]

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

/// Writes changed records, each at the next place of its tenant's feed. The counters are locked by ``LockFeeds`` before.
struct WriteCalls: Statement {
    static let sql: StaticString = """
        WITH changed AS (
          SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY place) AS n
          FROM unnest($1::text[], $2::bool[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::int8[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::timestamptz[],
            $17::timestamptz[], $18::timestamptz[], $19::int8[], $20::text[], $21::text[], $22::bool[], $23::bool[],
            $24::bool[], $25::text[], $26::text[], $27::int4[]) WITH ORDINALITY
            AS c (tenant_id, withdrawn, call_id, record_key, direction, status, sub_call_id, user_id, extension_id,
              extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at, answered_at,
              ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule, rules_version,
              place)),
        counted AS (SELECT tenant_id, count(*) AS n FROM changed GROUP BY tenant_id),
        raised AS (
          UPDATE tenant_feeds f SET last_seq = f.last_seq + counted.n FROM counted WHERE f.tenant_id = counted.tenant_id
          RETURNING f.tenant_id, f.last_seq - counted.n AS base)
        INSERT INTO calls (tenant_id, seq, withdrawn, call_id, record_key, direction, status, sub_call_id, user_id,
          extension_id, extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at,
          answered_at, ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule,
          rules_version)
        SELECT tenant_id, raised.base + n, withdrawn, call_id, record_key, direction, status, sub_call_id, user_id,
          extension_id, extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at,
          answered_at, ended_at, duration_us, recording_id, callback_id, transferred, internal, partial,
          string_to_array(flags, ','), rule, rules_version
        FROM changed JOIN raised USING (tenant_id)
        ON CONFLICT ON CONSTRAINT calls_record_key_key DO UPDATE SET
          version = calls.version + 1, seq = excluded.seq, withdrawn = excluded.withdrawn, direction = excluded.direction,
          status = excluded.status, sub_call_id = excluded.sub_call_id, user_id = excluded.user_id,
          extension_id = excluded.extension_id, extension_name = excluded.extension_name,
          extension_type = excluded.extension_type, client_number = excluded.client_number,
          client_number_e164 = excluded.client_number_e164, client_name = excluded.client_name, did = excluded.did,
          started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at,
          duration_us = excluded.duration_us, recording_id = excluded.recording_id, callback_id = excluded.callback_id,
          transferred = excluded.transferred, internal = excluded.internal, partial = excluded.partial,
          flags = excluded.flags, rule = excluded.rule, rules_version = excluded.rules_version, updated_at = now()
        """
    var changes: [(scope: TenantScope, change: CallChange)]

    func bind(_ bindings: inout Bindings) {
        let rows = self.changes.map { (tenantID: $0.scope.tenantID.rawValue, row: ChangedRow($0.change)) }
        func column<Value>(_ value: (CallRecord) -> Value) -> [Value] { rows.map { value($0.row.record) } }
        func instants(_ value: (CallRecord) -> Timestamp?) -> [PostgresTimestamp?] {
            rows.map { value($0.row.record).map { PostgresTimestamp(microsecondsSinceUnixEpoch: $0.microseconds) } }
        }
        bindings.append(rows.map(\.tenantID))
        bindings.append(rows.map(\.row.isWithdrawn))
        bindings.append(column(\.callID.rawValue))
        bindings.append(column(\.key.rawValue))
        bindings.append(column(\.direction.rawValue))
        bindings.append(column(\.status.rawValue))
        bindings.append(column(\.subCallID))
        bindings.append(column { $0.userID?.rawValue })
        bindings.append(column(\.extensionRef.id.rawValue))
        bindings.append(column(\.extensionRef.name))
        bindings.append(column(\.extensionRef.type.rawValue))
        bindings.append(column(\.clientNumber))
        bindings.append(column(\.clientNumberE164))
        bindings.append(column(\.clientName))
        bindings.append(column(\.did))
        bindings.append(instants(\.startedAt))
        bindings.append(instants(\.answeredAt))
        bindings.append(instants(\.endedAt))
        bindings.append(column(\.durationMicroseconds))
        bindings.append(column(\.recordingID))
        bindings.append(column(\.callbackID))
        bindings.append(column(\.transferred))
        bindings.append(column(\.isInternal))
        bindings.append(column(\.isPartial))
        bindings.append(column { $0.flags.map(\.rawValue).joined(separator: ",") })
        bindings.append(column(\.rule))
        bindings.append(column { Int32(clamping: $0.rulesVersion) })
    }

    private struct ChangedRow {
        var record: CallRecord
        var isWithdrawn: Bool

        init(_ change: CallChange) {
            switch change {
            case .upsert(let record): (self.record, self.isWithdrawn) = (record, false)
            case .withdraw(let record): (self.record, self.isWithdrawn) = (record, true)
            }
        }
    }
}

struct NotifyCalls: Statement {
    static let sql: StaticString =
        "SELECT pg_notify('ringbridge_calls', tenant_mark(tenant_id))::text FROM unnest($1::text[]) AS tenant_id"
    var tenants: [String]

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
}
