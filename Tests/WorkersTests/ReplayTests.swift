import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Re-assembly of stored events on a real database.
@Suite("Replay", .timeLimit(.minutes(5)))
struct ReplayTests {
    typealias World = AssemblerTests.World

    @Test("a replay of calls that come out as they are makes no feed entry and no version, and leaves nothing due")
    func unchanged() async throws {
        try await Self.withCalls { world in
            let before = try await world.feed()
            let tally = try await Replay(world).run(world.scope)
            #expect(try await world.feed() == before)
            #expect(before.allSatisfy { $0.version == 1 })
            #expect(tally.examined == 8)
            #expect(tally.unchanged == 7)
            #expect((tally.added, tally.changed, tally.withdrawn, tally.failed) == (0, 0, 0, 0))
            #expect(try await world.dueRows() == 0)
        }
    }

    @Test("what a dry run shows after a change of settings is what the replay then puts into the feed")
    func preview() async throws {
        try await Self.withCalls { world in
            let before = try await world.feed()
            // The last unanswered outgoing call goes, the internal call comes.
            try await world.set(TenantSettings(externalOnly: false, recordUnansweredOutgoing: false, graceSeconds: 0))
            var shown: [CallDifference] = []
            let previewed = try await Replay(world).preview(world.scope) { shown.append($0) }
            #expect(try await world.feed() == before)
            #expect(try await world.openReplays() == 0)
            #expect(shown.map(\.kind.rawValue).sorted() == ["new", "withdrawn"])
            #expect(previewed.examined == 8)
            #expect((previewed.added, previewed.changed, previewed.withdrawn, previewed.unchanged) == (1, 0, 1, 6))

            let done = try await Replay(world).run(world.scope)
            #expect(done == previewed)
            let delivered = try await world.feed(after: before.map(\.seq).max() ?? 0)
            #expect(
                Set(delivered.map { Entry(op: $0.isWithdrawn ? "delete" : "upsert", record: $0.record) })
                    == Set(shown.map { Entry(op: $0.kind == .withdrawn ? "delete" : "upsert", record: $0.record) })
            )
            let withdrawn = try #require(shown.first { $0.kind == .withdrawn })
            #expect(delivered.first { $0.isWithdrawn }?.id == withdrawn.id)
            #expect(try await Replay(world).run(world.scope).unchanged == 7)
            #expect(try await world.feed().map(\.version).max() == 2)

            try await world.set(TenantSettings(graceSeconds: 0))
            var back: [CallDifference] = []
            _ = try await Replay(world).preview(world.scope) { back.append($0) }
            #expect(back.map(\.kind.rawValue).sorted() == ["new", "withdrawn"])
            // The record that was withdrawn comes back as itself.
            #expect(back.first { $0.kind == .new }?.id == withdrawn.id)
        }
    }

    @Test("a changed field is shown with its old and its new value")
    func fields() async throws {
        try await Self.withCalls { world in
            try await world.script("UPDATE calls SET user_id = NULL, client_name = 'Old' WHERE call_id = 'c3'")
            var shown: [CallDifference] = []
            _ = try await Replay(world).preview(world.scope) { shown.append($0) }
            let stored = try await world.feed().first { $0.record.callID.rawValue == "c3" }
            let only = try #require(shown.first)
            #expect(shown.count == 1)
            #expect(only.kind == .changed)
            #expect(only.id == stored?.id)
            #expect(
                only.fields == [
                    CallDifference.Field(name: "user_id", old: nil, new: "u102"),
                    CallDifference.Field(name: "client_name", old: "Old", new: nil),
                ]
            )
        }
    }

    @Test("an interrupted replay goes on where it stopped; --restart and a change of the tenant begin anew")
    func resumption() async throws {
        try await Self.withCalls { world in
            func interrupted() async throws {
                await #expect(throws: Interruption.self) {
                    _ = try await Replay(world, batchSize: 3).run(world.scope) { news in
                        if case .advanced(let run) = news, run.tally.examined == 6 { throw Interruption() }
                    }
                }
            }
            func run(anew: Bool = false) async throws -> (began: Int, batches: [Int], tally: ReplayTally) {
                var began = -1
                var batches: [Int] = []
                let tally = try await Replay(world, batchSize: 3).run(world.scope, anew: anew) { news in
                    switch news {
                    case .began(let run): began = run.tally.examined
                    case .advanced(let run): batches.append(run.tally.examined)
                    case .failed(let callID, let error): Issue.record("\(callID): \(error)")
                    }
                }
                return (began, batches, tally)
            }
            try await interrupted()
            let second = try await run()
            #expect(second.began == 6)
            #expect(second.batches == [8, 8])
            #expect((second.tally.examined, second.tally.unchanged) == (8, 7))

            try await interrupted()
            #expect(try await run(anew: true).began == 0)

            try await interrupted()
            try await world.set(TenantSettings(directMissed: true, graceSeconds: 0))
            #expect(try await run().began == 0)
            // A finished replay is not gone on with.
            #expect(try await run().began == 0)
            #expect(try await world.openReplays() == 0)
        }
    }

    @Test("of two replays of one tenant at once the second stops; another tenant's goes on")
    func twoAtOnce() async throws {
        try await Self.withCalls { world in
            let other = try await TenantFixture.make("808", in: world.database)
            try await world.database.system { transaction in
                try await transaction.replays.reserve(world.scope)
                await #expect(throws: ReplayFailure.alreadyRunning(world.scope.tenantID)) {
                    _ = try await Replay(world).run(world.scope)
                }
                #expect(try await Replay(world).run(other) == ReplayTally())
            }
            // Even when the reservation is lost, nobody advances a replay from a place that it has left.
            let run = try #require(
                try await world.database.system { transaction in
                    try await transaction.replays.begin(world.scope, over: ReplayRange(), anew: false)
                }
            )
            var next = run
            next.position = "c1"
            let moved = next
            try await world.database.system { try await $0.replays.advance(from: run, to: moved) }
            await #expect(throws: ReplayFailure.alreadyRunning(world.scope.tenantID)) {
                try await world.database.system { try await $0.replays.advance(from: run, to: moved) }
            }
        }
    }

    @Test("a CallID that the database refuses is passed over and named, the others are written")
    func refusedCall() async throws {
        try await Self.withCalls { world in
            try await world.script("ALTER TABLE calls ADD CONSTRAINT poison_check CHECK (user_id <> 'u102') NOT VALID")
            try await world.script("UPDATE calls SET user_id = NULL WHERE call_id IN ('c3', 'c4')")
            var failed: [String] = []
            let tally = try await Replay(world).run(world.scope) { news in
                if case .failed(let callID, _) = news { failed.append(callID.rawValue) }
            }
            #expect(failed == ["c3"])
            #expect((tally.examined, tally.failed, tally.changed) == (8, 1, 1))
            let users = try await world.feed().filter { ["c3", "c4"].contains($0.record.callID.rawValue) }
                .map { "\($0.record.callID) \($0.record.userID?.rawValue ?? "-")" }
            #expect(Set(users) == ["c3 -", "c4 u101"])
        }
    }

    @Test("a range takes the CallIDs with an event that arrived in it, with all their events")
    func ranges() async throws {
        try await Self.withCalls { world in
            let start = try await world.databaseNow()
            try await world.store(Array(CallFlow(callID: "c5").answered(by: 85_219, name: "102").prefix(1)))
            try await world.store(CallFlow(callID: "late").answered(by: 85_219, name: "102"))
            let end = try await world.databaseNow()
            try await world.store(CallFlow(callID: "later").answered(by: 85_219, name: "102"))
            let replay = Replay(world)
            func callIDs(_ range: ReplayRange) async throws -> Int {
                try await replay.preview(world.scope, over: range) { _ in }.examined
            }
            #expect(try await callIDs(ReplayRange(since: start, until: end)) == 2)
            #expect(try await callIDs(ReplayRange(since: start)) == 3)
            #expect(try await callIDs(ReplayRange(until: start)) == 8)
            #expect(try await callIDs(ReplayRange(callID: CallID(rawValue: "c5"))) == 1)
            #expect(try await callIDs(ReplayRange(callID: CallID(rawValue: "c5"), until: start)) == 1)
            #expect(try await callIDs(ReplayRange(callID: CallID(rawValue: "late"), until: start)) == 0)
            #expect(try await callIDs(ReplayRange(callID: CallID(rawValue: "none"))) == 0)
            let tally = try await replay.run(world.scope, over: ReplayRange(since: start, until: end))
            #expect((tally.examined, tally.added, tally.unchanged) == (2, 1, 1))
        }
    }

    @Test("due rows do not pile up, however often a call that still waits is replayed")
    func dueRows() async throws {
        try await AssemblerTests.with { world in
            try await world.store(Array(CallFlow(callID: "open").answered(by: 85_219, name: "102").prefix(2)))
            try await world.assembleAll()
            #expect(try await world.dueRows() == 1)
            for _ in 0..<3 {
                _ = try await Replay(world).run(world.scope)
            }
            #expect(try await world.dueRows() == 1)
        }
    }

    private struct Interruption: Error {}

    /// An entry of the feed without its place.
    private struct Entry: Hashable {
        var op: String
        var record: CallRecord
    }

    /// Eight calls c1 to c8: an internal one, an unanswered outgoing one, a missed one and five answered ones.
    private static func withCalls(_ body: (World) async throws -> Void) async throws {
        try await AssemblerTests.with { world in
            try await world.set(TenantSettings(graceSeconds: 0))
            let dialled = CallFlow(callID: "c1")
            try await world.store([
                dialled.leg("dial-out", 85_219, "101", status: "CALLING", offset: 0),
                dialled.leg("answer", 85_219, "101", status: "ANSWER", offset: 3_000_000),
                dialled.leg("hangup", 85_219, "101", status: "ANSWER", offset: 9_000_000, more: [("Duration", "1")]),
            ])
            let outgoing = CallFlow(callID: "c2", calledNumber: "+74951112233")
            try await world.store([
                outgoing.leg("dial-out", 85_219, "102", status: "CALLING", offset: 0),
                outgoing.leg("hangup", 85_219, "102", status: "BUSY", offset: 9_000_000),
            ])
            try await world.store(CallFlow(callID: "c3").answered(by: 85_219, name: "102"))
            for index in 4...7 {
                try await world.store(CallFlow(callID: "c\(index)").answered(by: 85_218, name: "101"))
            }
            try await world.store(CallFlow(callID: "c8").ended(at: 96_850, name: "099", bridged: "no"))
            try await world.assembleAll()
            try #require(try await world.feed().count == 7)
            try await body(world)
        }
    }
}

extension Replay {
    fileprivate init(_ world: ReplayTests.World, batchSize: Int = 300) {
        self.init(database: world.database, defaults: AssemblyDefaults(grace: .seconds(5)), batchSize: batchSize)
    }
}

extension AssemblerTests.World {
    /// Changes the tenant's settings.
    fileprivate func set(_ settings: TenantSettings) async throws {
        _ = try await TenantFixture.make("807", in: self.database, settings: settings)
    }

    fileprivate func feed(after seq: Int64) async throws -> [StoredCall] {
        try await self.database.tenant(self.scope) { try await $0.feed.changes(after: seq, limit: 1000) }
    }

    fileprivate func dueRows() async throws -> Int64 {
        try await self.count(CountDueRows())
    }

    fileprivate func openReplays() async throws -> Int64 {
        try await self.count(CountOpenReplays())
    }
}

private struct CountDueRows: Statement {
    static let sql: StaticString = "SELECT count(*) FROM assembly_due"
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

private struct CountOpenReplays: Statement {
    static let sql: StaticString = "SELECT count(*) FROM replays WHERE finished_at IS NULL"
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
