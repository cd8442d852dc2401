import Storage
import Telephony

/// Where a reader of the feed begins.
enum FeedStart: Sendable {
    case beginning
    /// After all that is there.
    case now
    case after(FeedPlace)
}

/// Reads the feed in pages.
struct FeedReader: Sendable {
    let database: Database

    /// Up to `limit` changes. All of it at one instant: a removal between the look at the feed's state and the look at its
    /// changes would be missed by the next page.
    ///
    /// - Throws: ``HTTPProblem``: 400 for a place that the feed has never reached, 410 when changes after it were removed.
    func page(from start: FeedStart, limit: Int, of scope: TenantScope) async throws -> FeedPage {
        try await self.database.snapshot(of: scope) { transaction in
            let state = try await transaction.feed.state()
            let end = FeedPlace(tenantID: scope.tenantID, seq: state.lastSeq, prunes: state.prunes)
            var begin = end
            switch start {
            case .now:
                return FeedPage(begin: end, calls: [], end: end, hasMore: false)
            case .beginning:
                begin.seq = 0
            case .after(let place):
                // Another tenant's, or from before the database was restored: going on from there would pass over changes.
                guard place.tenantID == scope.tenantID, state.hasReached(place.seq, prunes: place.prunes) else {
                    throw HTTPProblem(.invalidCursor)
                }
                guard !state.mayHaveLost(after: place.seq, prunes: place.prunes) else {
                    throw HTTPProblem(.cursorExpired)
                }
                begin.seq = place.seq
            }
            let calls = try await transaction.feed.changes(after: begin.seq, limit: limit + 1)
            let hasMore = calls.count > limit
            var page = FeedPage(begin: begin, calls: Array(calls.prefix(limit)), end: end, hasMore: hasMore)
            if hasMore, let last = page.calls.last {
                page.end.seq = last.seq
            }
            return page
        }
    }
}

/// Some changes in order.
struct FeedPage: Sendable {
    /// Where this page began.
    var begin: FeedPlace
    var calls: [StoredCall]
    /// Where the next one begins: when there are no more, after all that was ever there, so that what retention removes of it
    /// later is known to be read.
    var end: FeedPlace
    var hasMore: Bool

    /// The changes, and after each the place where a reader that has it goes on.
    var entries: [(change: StoredCall, place: FeedPlace)] {
        self.calls.enumerated().map { index, call in
            let place = FeedPlace(tenantID: self.end.tenantID, seq: call.seq, prunes: self.end.prunes)
            return (call, index == self.calls.count - 1 ? self.end : place)
        }
    }
}

extension StoredCall {
    /// What the record's change does to a reader's copy.
    var operation: String { self.isWithdrawn ? "delete" : "upsert" }

    /// The change as the feed shows it.
    var changeJSON: JSONValue {
        ["seq": .integer(self.seq), "op": .string(self.operation), "call": self.json]
    }
}

extension FeedPlace {
    var cursor: String { Cursor.encode(.feed, self.text) }

    /// Reads a cursor.
    ///
    /// - Throws: ``HTTPProblem`` 400 for a text that the feed did not give out.
    init(cursor: String) throws(HTTPProblem) {
        guard let place = try Cursor.decode(.feed, cursor).flatMap(FeedPlace.init(text:)) else {
            throw HTTPProblem(.invalidCursor)
        }
        self = place
    }
}
