import Postgres
import Telephony

extension TenantTransaction {
    /// The tenant's change feed.
    package var feed: FeedStore { FeedStore(transaction: self) }
}

/// Reads the change feed of one tenant: the call records themselves, each at its latest version, in the order of `seq`.
package struct FeedStore: Sendable {
    let transaction: TenantTransaction

    /// Up to `limit` changes after `seq`, in order. Complete: a smaller seq is never committed after a larger one.
    package func changes(after seq: Int64, limit: Int) async throws -> [StoredCall] {
        try await self.transaction.postgres.execute(
            ListChanges(tenantID: self.transaction.tenantID, seq: seq, limit: Int32(clamping: limit))
        )
    }

    /// The seq of the newest change; 0 when there is none.
    package func lastSeq() async throws -> Int64 {
        try await self.transaction.postgres.first(FindLastSeq(tenantID: self.transaction.tenantID)) ?? 0
    }
}

struct ListChanges: Statement {
    static let sql: StaticString = """
        SELECT id, version, seq, withdrawn, record_key, direction, status, call_id, sub_call_id, user_id, extension_id,
          extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at, answered_at,
          ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule, rules_version
        FROM calls WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
        """
    var tenantID: String
    var seq: Int64
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.seq)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> StoredCall { try StoredCall(row: &row) }
}

struct FindLastSeq: Statement {
    static let sql: StaticString = "SELECT last_seq FROM tenant_feeds WHERE tenant_id = $1"
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
