import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage
@testable import Workers

/// What time alone and late events change, on a real database with the tests' clock.
@Suite("Time and corrections", .timeLimit(.minutes(5)))
struct CorrectionTests {
    typealias World = AssemblerTests.World

    @Test(
        "after a restart another assembler finds a leg stale at exactly 4 h, a problem; its late hangup makes the record"
    )
    func staleLeg() async throws {
        try await AssemblerTests.with { world in
            let events = CallFlow(callID: "s1").answered(by: 85_219, name: "102")
            try await world.store(Array(events.prefix(2)))
            try await world.assembleAll()
            let arrival = try #require(try await world.explanation("s1")?.events.map(\.arrivedAt).min())
            let restarted = Assembler(world)
            let fourHours = arrival + .seconds(14_400)
            #expect(try await restarted.assembleDue(now: fourHours.advanced(byMicroseconds: -1)) == 0)
            #expect(try await world.problems().isEmpty)
            #expect(try await restarted.assembleDue(now: fourHours) == 1)
            let problem = try #require(try await world.problems().first)
            #expect(problem.problem.code == .staleLeg)
            #expect(problem.extensionID == ExtensionID(rawValue: 85_219))
            #expect(problem.since == arrival)
            let data = String(decoding: problem.problem.data.bytes, as: UTF8.self)
            #expect(data == #"{"count": 1, "oldest": "\#(arrival.rfc3339)", "call_ids": ["s1"]}"#)
            #expect(try await restarted.assembleDue(now: fourHours + .seconds(86_400)) == 0)
            #expect(try await world.feed().isEmpty)

            try await world.store(Array(events.suffix(1)))
            #expect(try await restarted.assembleDue() == 1)
            #expect(try await world.problems().isEmpty)
            let feed = try await world.feed()
            #expect(feed.map(\.record.status) == [.answered])
            #expect(feed.map(\.record.durationMicroseconds) == [61_000_000])
        }
    }

    @Test("a stale leg of a call that is not assembled any more is forgotten after 31 days, and no problem after 7")
    func oldStaleLegs() async throws {
        try await AssemblerTests.with { world in
            let now = try await world.databaseNow()
            func write(_ callID: String, daysAgo days: Int64) async throws {
                let leg = StaleLeg(
                    subCallID: "85219-\(callID)",
                    extensionID: ExtensionID(rawValue: 85_219),
                    extensionName: "2566*102",
                    since: now.advanced(byMicroseconds: -days * 86_400_000_000)
                )
                let key = CallKey(scope: world.scope, callID: CallID(rawValue: callID))
                try await world.database.system { transaction in
                    try await transaction.assembly.write([
                        AssemblyResult(key: key, changes: [], nextDue: nil, staleLegs: [leg])
                    ])
                }
            }
            try await write("c1", daysAgo: 30)
            try await write("c2", daysAgo: 6)
            try await write("c3", daysAgo: 8)
            #expect(try await world.count(CountStaleLegs()) == 3)
            let data = try await world.problems().map { String(decoding: $0.problem.data.bytes, as: UTF8.self) }
            #expect(data.count == 1)
            #expect(data.first?.contains(#""call_ids": ["c2"]"#) == true)
            try await write("c4", daysAgo: 32)
            #expect(try await world.count(CountStaleLegs()) == 3)
        }
    }

    @Test("the end of the grace writes the missed call, by whichever assembler comes first")
    func grace() async throws {
        try await AssemblerTests.with { world in
            try await world.store(CallFlow(callID: "g1").ended(at: 96_850, name: "099", bridged: "no"))
            try await world.assembleAll()
            let arrival = try #require(try await world.explanation("g1")?.events.first?.arrivedAt)
            let others = [Assembler(world), Assembler(world)]
            let end = arrival + .seconds(5)
            #expect(try await others[0].assembleDue(now: end.advanced(byMicroseconds: -1)) == 0)
            let done = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for other in others {
                    tasks.addTask { try await other.assembleDue(now: end) }
                }
                return try await tasks.reduce(into: 0) { $0 += $1 }
            }
            #expect(done == 1)
            let feed = try await world.feed()
            #expect(feed.map(\.record.status) == [.missed])
            #expect(feed.map(\.version) == [1])
        }
    }

    @Test("correction: a late queue hangup moves the missed call to the queue")
    func lateQueueHangup() async throws {
        let call = CallFlow(callID: "q1")
        let (before, after) = try await Self.correction(
            first: call.ended(at: 96_850, name: "099", bridged: "no"),
            later: call.ended(at: 96_857, name: "887", bridged: "no", offset: 20_000_000)
        )
        #expect(before.record.extensionRef.name == "2566*099")
        #expect(after.record.extensionRef.name == "2566*887")
        #expect(after.record.status == .missed)
        #expect(!after.isWithdrawn)
    }

    @Test("correction: a late Bridged=yes withdraws the missed call; the feed's delete has its last content")
    func lateBridged() async throws {
        let call = CallFlow(callID: "b1")
        let (before, after) = try await Self.correction(
            first: call.ended(at: 96_850, name: "099", bridged: "no"),
            later: call.ended(at: 96_857, name: "887", bridged: "Yes", offset: 20_000_000)
        )
        #expect(!before.isWithdrawn)
        #expect(after.isWithdrawn)
        #expect(after.record == before.record)
    }

    @Test("correction: a late RecID comes into the record")
    func lateRecording() async throws {
        let call = CallFlow(callID: "r1")
        func hangup(_ more: [(String, String)]) -> EventFields {
            call.leg(
                "hangup",
                85_219,
                "102",
                status: "ANSWER",
                offset: 66_000_000,
                more: [("Duration", "61000000")] + more
            )
        }
        let (before, after) = try await Self.correction(
            first: call.answered(by: 85_219, name: "102").prefix(2) + [hangup([])],
            later: [hangup([("RecID", "rec-1")])]
        )
        #expect(before.record.recordingID == nil)
        #expect(after.record.recordingID == "rec-1")
    }

    @Test("correction: a late dial-in with RemoteNumber gives the record its client's number")
    func lateDialIn() async throws {
        let call = CallFlow(callID: "d1")
        let (before, after) = try await Self.correction(
            first: Array(call.answered(by: 85_219, name: "102").suffix(2)),
            later: [
                call.leg(
                    "dial-in",
                    85_219,
                    "102",
                    status: "CALLING",
                    offset: 0,
                    more: [("RemoteNumber", "+79990001122")]
                )
            ]
        )
        #expect(before.record.clientNumber == "+79161112233")
        #expect(before.record.isPartial)
        #expect(after.record.clientNumber == "+79990001122")
        #expect(!after.record.isPartial)
    }

    @Test("correction: a rules version that comes to the same content is no news")
    func rulesVersion() async throws {
        try await AssemblerTests.with { world in
            try await world.store(CallFlow(callID: "v1").answered(by: 85_219, name: "102"))
            try await world.assembleAll()
            try await world.script("UPDATE calls SET rules_version = 0")
            let before = try await world.feed()
            _ = try await Replay(database: world.database, defaults: AssemblyDefaults(grace: .zero)).run(world.scope)
            #expect(try await world.feed() == before)
        }
    }

    /// One record as it is after the first events, and after the late ones. Its id stays, its version grows by one, and it
    /// moves to the end of the feed.
    private static func correction(
        first: [EventFields],
        later: [EventFields]
    ) async throws -> (before: StoredCall, after: StoredCall) {
        try await AssemblerTests.with { world in
            try await world.store(CallFlow(callID: "other").answered(by: 85_218, name: "101"))
            try await world.store(first)
            let graceIsOver = try await world.databaseNow() + .seconds(10)
            try await world.assembleAll(now: graceIsOver)
            let callID = first.first?["CallID"] ?? ""
            let before = try #require(try await world.feed().first { $0.record.callID.rawValue == callID })
            // The other record is the last.
            try await world.store(CallFlow(callID: "third").answered(by: 85_218, name: "101"))
            try await world.assembleAll(now: graceIsOver)
            try await world.store(later)
            try await world.assembleAll(now: graceIsOver + .seconds(60))
            let feed = try await world.feed()
            #expect(feed.count == 3)
            let after = try #require(feed.last)
            #expect(after.id == before.id)
            #expect((before.version, after.version) == (1, 2))
            return (before, after)
        }
    }
}

extension Assembler {
    /// Another process's.
    fileprivate init(_ world: AssemblerTests.World) {
        self.init(
            database: world.database,
            listener: PostgresListener(configuration: world.test.server, logger: Logger(label: "test")),
            defaults: AssemblyDefaults(grace: .seconds(5)),
            logger: Logger(label: "test")
        )
    }
}

extension AssemblerTests.World {
    func problems() async throws -> [OpenedProblem] {
        try await self.database.tenant(self.scope) { try await $0.problems() }
    }

    func explanation(_ callID: String) async throws -> Explanation? {
        try await self.database.snapshot(of: self.scope) { transaction in
            try await transaction.explain(CallID(rawValue: callID), AssemblyDefaults(grace: .seconds(5)))
        }
    }

    /// Runs SQL as the superuser.
    func script(_ sql: String) async throws {
        try await self.test.script(sql)
    }

    /// Counts as the superuser.
    func count<Count: Statement>(_ statement: Count) async throws -> Int64 where Count.Output == Int64 {
        try #require(try await self.test.rows(statement).first)
    }
}

private struct CountStaleLegs: Statement {
    static let sql: StaticString = "SELECT count(*) FROM stale_legs"
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
