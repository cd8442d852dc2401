import Postgres

/// How far a tenant's feed is, and what retention has removed of it.
package struct FeedState: Hashable, Sendable {
    /// The seq of the newest change; 0 when there is none.
    package var lastSeq: Int64
    /// The largest seq that retention ever removed; 0 when it removed none.
    package var prunedSeq: Int64
    /// How often retention removed something.
    package var prunes: Int64

    package init(lastSeq: Int64, prunedSeq: Int64, prunes: Int64) {
        self.lastSeq = lastSeq
        self.prunedSeq = prunedSeq
        self.prunes = prunes
    }

    /// Whether a reader may have missed a removed change: one after its place `seq`, by a removal that was not yet among the
    /// `prunes` when it last read. What was removed before it began is nothing it could miss. In doubt it says yes: a removal
    /// of old places only, after one of newer places that the reader knows, makes it start again for nothing.
    package func mayHaveLost(after seq: Int64, prunes: Int64) -> Bool {
        self.prunedSeq > seq && prunes < self.prunes
    }

    /// Whether such a place was ever reached: not one of a database that has since been restored from a backup.
    package func hasReached(_ seq: Int64, prunes: Int64) -> Bool {
        seq <= self.lastSeq && prunes <= self.prunes
    }
}

struct FindFeedState: Statement {
    static let sql: StaticString = "SELECT last_seq, pruned_seq, prunes FROM tenant_feeds WHERE tenant_id = $1"
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> FeedState {
        FeedState(lastSeq: try row.next(), prunedSeq: try row.next(), prunes: try row.next())
    }
}
