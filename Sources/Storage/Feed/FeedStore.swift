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

    /// How far the feed is, and what was removed of it. To be compared with changes read in the same ``Database/snapshot(of:_:)``.
    package func state() async throws -> FeedState {
        try await self.transaction.postgres.first(FindFeedState(tenantID: self.transaction.tenantID))
            ?? FeedState(lastSeq: 0, prunedSeq: 0, prunes: 0)
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
