import FoundationEssentials
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Call retention", .timeLimit(.minutes(5)))
struct CallRetentionTests {
    private static let instant = Timestamp(microseconds: 1_750_000_000_000_000)

    @Test("records that ended before the horizon go, live and withdrawn, oldest first, a batch at a time")
    func prune() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let other = try await TenantFixture.make("808", in: test.database)
            for (name, age) in [("a", 3), ("b", 2), ("c", 1), ("young", 0)] {
                try await Self.write(.upsert(Self.record(name, age: age)), of: scope, in: test.database)
            }
            try await Self.write(.withdraw(Self.record("b", age: 2)), of: scope, in: test.database)
            try await Self.write(.upsert(Self.record("a", age: 3)), of: other, in: test.database)
            let horizon = CallHorizon(scope: scope, instant: Self.instant)

            #expect(try await Self.prune(horizon, limit: 2, in: test.database) == 2)
            #expect(try await Self.feed(of: scope, in: test.database) == ["c", "young"])
            #expect(try await Self.prune(horizon, limit: 2, in: test.database) == 1)
            #expect(try await Self.prune(horizon, limit: 2, in: test.database) == 0)
            #expect(try await Self.feed(of: scope, in: test.database) == ["young"])
            #expect(try await Self.feed(of: other, in: test.database) == ["a"])
            let state = try await test.database.tenant(scope) { try await $0.feed.state() }
            #expect(state == FeedState(lastSeq: 5, prunedSeq: 5, prunes: 2))
            let untouched = try await test.database.tenant(other) { try await $0.feed.state() }
            #expect(untouched == FeedState(lastSeq: 1, prunedSeq: 0, prunes: 0))
        }
    }

    @Test("a record whose call is being assembled stays for the next time")
    func assembledMeanwhile() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            for name in ["busy", "idle"] {
                try await Self.write(.upsert(Self.record(name, age: 1)), of: scope, in: test.database)
            }
            let horizon = CallHorizon(scope: scope, instant: Self.instant)
            try await test.database.system { transaction in
                _ = try await transaction.assembly.claim([CallKey(scope: scope, callID: CallID(rawValue: "busy"))])
                #expect(try await Self.prune(horizon, limit: 10, in: test.database) == 1)
            }
            #expect(try await Self.feed(of: scope, in: test.database) == ["busy"])
            #expect(try await Self.prune(horizon, limit: 10, in: test.database) == 1)
        }
    }

    @Test("a tenant's own retention goes before the server's; without any, records are kept for ever")
    func horizons() async throws {
        try await TestDatabase.with { test in
            _ = try await TenantFixture.make("807", in: test.database)
            _ = try await TenantFixture.make("808", in: test.database, settings: TenantSettings(callRetentionDays: 10))
            func ages(_ fallback: Duration?) async throws -> [String: Int64] {
                try await test.database.system { transaction in
                    let now = try await #require(transaction.postgres.first(ReadNow()))
                    let horizons = try await transaction.callRetention.horizons(fallback: fallback)
                    return Dictionary(
                        uniqueKeysWithValues: horizons.map {
                            ($0.scope.tenantID.rawValue, now.microseconds(since: $0.instant) / 3_600_000_000)
                        }
                    )
                }
            }
            // An hour more than the retention, in hours.
            #expect(try await ages(nil) == ["808": 241])
            #expect(try await ages(.seconds(86_400)) == ["807": 25, "808": 241])
        }
    }

    @Test(
        "a reader may have missed a removal when it was after its place, and it did not know of it",
        arguments: [
            // place, prunes known, expected; the feed: pruned up to 50 by 3 removals
            (0, 2, true), (49, 2, true), (50, 2, false), (99, 0, false), (0, 3, false), (49, 3, false),
        ] as [(Int64, Int64, Bool)]
    )
    func lostChanges(seq: Int64, prunes: Int64, expected: Bool) {
        let state = FeedState(lastSeq: 100, prunedSeq: 50, prunes: 3)
        #expect(state.mayHaveLost(after: seq, prunes: prunes) == expected)
        #expect(state.hasReached(seq, prunes: prunes))
        #expect(!state.hasReached(101, prunes: 0))
        #expect(!state.hasReached(0, prunes: 4))
    }

    @Test("events are lost when a record was made more than an hour before the oldest of them arrived")
    func lostEvents() {
        let made = Self.instant
        func isLost(_ recorded: [Timestamp], _ arrivals: [Timestamp]) -> Bool {
            hasLostEvents(recordedAt: recorded, arrivals: arrivals)
        }
        #expect(!isLost([], [made]))
        #expect(!isLost([made], []))
        #expect(!isLost([made], [made - .seconds(60), made + .seconds(90_000)]))
        #expect(!isLost([made], [made + .seconds(3600)]))
        #expect(isLost([made], [made + .seconds(3601)]))
        #expect(isLost([made + .seconds(9000), made], [made + .seconds(3601), made + .seconds(8000)]))
    }

    @Test("a new record before the horizon is not written; one that is stored is changed and withdrawn as ever")
    func horizonOfChanges() {
        let old = Self.record("a", age: 1)
        var changed = old
        changed.recordingID = "late"
        let young = Self.record("b", age: 0)
        let stored = StoredCall(id: UUID(), version: 1, seq: 1, isWithdrawn: false, record: old)
        #expect(CallChange.changes(from: [], to: [old, young], horizon: Self.instant) == [.upsert(young)])
        #expect(CallChange.changes(from: [stored], to: [changed], horizon: Self.instant) == [.upsert(changed)])
        #expect(CallChange.changes(from: [stored], to: [], horizon: Self.instant) == [.withdraw(old)])
        #expect(CallChange.changes(from: [], to: [old]) == [.upsert(old)])
    }

    struct ReadNow: Statement {
        static let sql: StaticString = "SELECT now()"
        static func decode(_ row: inout Row) throws(PostgresError) -> Timestamp { try row.next() }
    }

    /// A call that ended that many days before ``instant``; with 0 at it.
    private static func record(_ callID: String, age: Int) -> CallRecord {
        var record = FeedTests.record(callID: callID)
        record.endedAt = Self.instant - .seconds(age * 86_400)
        return record
    }

    private static func write(_ change: CallChange, of scope: TenantScope, in database: Database) async throws {
        let callID =
            switch change {
            case .upsert(let record), .withdraw(let record): record.callID
            }
        try await database.system { transaction in
            try await transaction.assembly.write([
                AssemblyResult(key: CallKey(scope: scope, callID: callID), changes: [change], nextDue: nil)
            ])
        }
    }

    private static func prune(_ horizon: CallHorizon, limit: Int, in database: Database) async throws -> Int {
        try await database.system { try await $0.callRetention.prune(horizon, limit: limit) }
    }

    private static func feed(of scope: TenantScope, in database: Database) async throws -> [String] {
        try await database.tenant(scope) { try await $0.feed.changes(after: 0, limit: 100) }.map(
            \.record.callID.rawValue
        )
    }
}
