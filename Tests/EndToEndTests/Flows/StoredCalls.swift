import Foundation
import Postgres
import Telephony

/// Which record of which call of which tenant.
struct RecordPlace: Hashable, Sendable {
    var tenantID: String
    var callID: String
    var key: String
}

/// A row of `calls`, read by SQL of the test's own.
struct StoredCallRow: Hashable, Sendable {
    var place: RecordPlace
    var id: String
    var version: Int32
    var seq: Int64
    var isWithdrawn: Bool
    var content: CallContent
}

/// All rows of `calls`, of all tenants: for the superuser.
struct ReadStoredCalls: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, call_id, record_key, id::text, version, seq, withdrawn, jsonb_build_object(
            'direction', direction, 'status', status, 'call_id', call_id, 'sub_call_id', sub_call_id, 'user_id', user_id,
            'extension', jsonb_build_object('id', extension_id, 'name', extension_name, 'type', extension_type),
            'client_number', client_number, 'client_number_e164', client_number_e164, 'client_name', client_name, 'did', did,
            'started_at', started_at, 'answered_at', answered_at, 'ended_at', ended_at, 'duration_us', duration_us,
            'recording_id', recording_id, 'callback_id', callback_id, 'transferred', transferred)
          || jsonb_build_object('internal', internal, 'partial', partial, 'flags', flags, 'rule', rule,
            'rules_version', rules_version)
        FROM calls ORDER BY tenant_id, seq
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> StoredCallBytes {
        StoredCallBytes(
            place: RecordPlace(tenantID: try row.next(), callID: try row.next(), key: try row.next()),
            id: try row.next(),
            version: try row.next(),
            seq: try row.next(),
            isWithdrawn: try row.next(),
            content: try row.next(PostgresJSON.self).bytes
        )
    }
}

/// A row whose content is still JSON.
struct StoredCallBytes: Sendable {
    var place: RecordPlace
    var id: String
    var version: Int32
    var seq: Int64
    var isWithdrawn: Bool
    var content: [UInt8]
}

/// The last seq of each tenant's feed.
struct ReadLastSeqs: Statement {
    static let sql: StaticString = "SELECT tenant_id, last_seq FROM tenant_feeds"

    static func decode(_ row: inout Row) throws(PostgresError) -> (tenantID: String, seq: Int64) {
        (tenantID: try row.next(), seq: try row.next())
    }
}

/// How many CallIDs are due now or when their grace ends; what is due in hours is a stale leg, which makes no record.
struct CountPendingAssembly: Statement {
    static let sql: StaticString = "SELECT count(*) FROM assembly_due WHERE due_at < now() + interval '1 hour'"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

/// How many events are stored, and how many of them are quarantined.
struct CountEvents: Statement {
    static let sql: StaticString = "SELECT count(*), count(*) FILTER (WHERE quarantine IS NOT NULL) FROM events"

    static func decode(_ row: inout Row) throws(PostgresError) -> (stored: Int64, quarantined: Int64) {
        (stored: try row.next(), quarantined: try row.next())
    }
}

extension PostgresConnection {
    /// All rows of `calls`.
    func storedCalls() async throws -> [StoredCallRow] {
        let decoder = JSONDecoder()
        return try await self.execute(ReadStoredCalls()).map { row in
            StoredCallRow(
                place: row.place,
                id: row.id,
                version: row.version,
                seq: row.seq,
                isWithdrawn: row.isWithdrawn,
                content: try decoder.decode(CallContent.self, from: Data(row.content))
            )
        }
    }

    /// The last seq of each tenant's feed.
    func lastSeqs() async throws -> [String: Int64] {
        Dictionary(
            try await self.execute(ReadLastSeqs()).map { ($0.tenantID, $0.seq) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Returns when everything that is due was assembled and every grace has passed.
    func waitForAssembly() async throws {
        while try await self.execute(CountPendingAssembly()).first != 0 {
            // Only so that the servers are not kept from their work by the question.
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
