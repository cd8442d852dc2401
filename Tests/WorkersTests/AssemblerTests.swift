import Logging
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Assembly on a real database: events in, call records and feed out.
@Suite("Assembler", .timeLimit(.minutes(5)))
struct AssemblerTests {
    @Test("S01: a call via IVR becomes one record of the user who answered, and nothing stays due")
    func answeredViaIVR() async throws {
        try await Self.with { world in
            let call = CallFlow(callID: "c01")
            try await world.store(
                call.answered(by: 85_219, name: "102") + call.ended(at: 96_850, name: "099", bridged: "yes")
            )
            try await world.assembleAll()
            let record = try #require(try await world.feed().first)
            #expect(try await world.feed().count == 1)
            #expect(record.record.direction == .incoming)
            #expect(record.record.status == .answered)
            #expect(record.record.userID == UserID(rawValue: "u102"))
            #expect(record.record.clientNumber == "+79161112233")
            #expect(record.record.durationMicroseconds == 61_000_000)
            #expect(try await world.database.system { try await $0.assembly.backlog() }.dueRows == 0)
        }
    }

    @Test(
        "a missed call is written when the grace has passed, not before, and moves to a queue whose hangup comes late"
    )
    func missedAfterGrace() async throws {
        try await Self.with { world in
            let call = CallFlow(callID: "c03")
            try await world.store(call.ended(at: 96_850, name: "099", bridged: "no"))
            try await world.assembleAll()
            #expect(try await world.feed().isEmpty)
            let later = try await world.databaseNow().advanced(byMicroseconds: 6_000_000)
            try await world.assembleAll(now: later)
            let missed = try #require(try await world.feed().first)
            #expect(missed.record.status == .missed)
            #expect(missed.record.extensionRef.name == "2566*099")
            try await world.store(call.ended(at: 96_857, name: "887", bridged: "no", offset: 20_000_000))
            try await world.assembleAll(now: later.advanced(byMicroseconds: 60_000_000))
            let moved = try #require(try await world.feed().first)
            #expect(try await world.feed().count == 1)
            #expect((moved.id, moved.version) == (missed.id, 2))
            #expect(moved.record.extensionRef.name == "2566*887")
        }
    }

    @Test("A17: events that come again change nothing: no new version, no feed entry")
    func repetition() async throws {
        try await Self.with { world in
            let events = CallFlow(callID: "c02").answered(by: 85_219, name: "102")
            for _ in 0..<3 {
                try await world.store(events.reversed())
                try await world.assembleAll()
            }
            let feed = try await world.feed()
            #expect(feed.map(\.version) == [1])
            #expect(feed.map(\.seq) == [1])
        }
    }

    @Test("two assemblers over shuffled, repeated and split events end in the records of the pure function")
    func twoAssemblers() async throws {
        try await Self.with { world in
            var generator = SystemRandomNumberGenerator()
            var events: [EventFields] = []
            for index in 0..<60 {
                let call = CallFlow(callID: "c\(index)")
                events += call.answered(by: 85_219, name: "102")
                events += call.unanswered(by: 85_218, name: "101")
                events += call.ended(at: 96_850, name: "099", bridged: "yes")
            }
            let delivered = (events + events.filter { _ in Bool.random(using: &generator) }).shuffled(using: &generator)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for part in 0..<4 {
                    tasks.addTask {
                        let size = delivered.count / 4 + 1
                        for event in delivered.dropFirst(part * size).prefix(size) {
                            try await world.store([event])
                        }
                    }
                }
                for _ in 0..<2 {
                    tasks.addTask {
                        for _ in 0..<40 { try await world.assembleAll() }
                    }
                }
                try await tasks.waitForAll()
            }
            try await world.assembleAll()
            let feed = try await world.feed()
            #expect(feed.count == 60)
            #expect(Set(feed.map(\.record.callID)).count == 60)
            #expect(feed.allSatisfy { $0.record.userID == UserID(rawValue: "u102") && $0.record.status == .answered })
            #expect(feed.map(\.seq) == feed.map(\.seq).sorted())
        }
    }

    @Test("a call that the database refuses is put off, and the others of its batch are written")
    func refusedCall() async throws {
        try await Self.with { world in
            let owner = try await PostgresConnection.connect(world.test.owner, logger: Logger(label: "test"))
            try await owner.script("ALTER TABLE calls ADD CONSTRAINT poison_check CHECK (call_id <> 'poison')")
            for callID in ["good1", "poison", "good2"] {
                try await world.store(CallFlow(callID: callID).answered(by: 85_219, name: "102"))
            }
            try await world.assembleAll()
            #expect(Set(try await world.feed().map(\.record.callID.rawValue)) == ["good1", "good2"])
            try await owner.script("ALTER TABLE calls DROP CONSTRAINT poison_check")
            await owner.close()
            let later = try await world.databaseNow().advanced(byMicroseconds: 10_000_000)
            try await world.assembleAll(now: later)
            #expect(try await world.feed().count == 3)
        }
    }

    @Test("a call whose number is longer than an index takes is a record all the same, without the number")
    func overlongNumber() async throws {
        try await Self.with { world in
            // Random, since the index compresses what repeats itself.
            var generator = SeededGenerator(seed: 1)
            let number = (0..<500).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
            let events = CallFlow(callID: "c18").answered(by: 85_219, name: "102").map { fields in
                EventFields(fields.pairs.map { ($0.name, $0.name == "CallerIDNum" ? number : $0.value) })
            }
            try await world.store(events)
            try await world.assembleAll()
            let record = try #require(try await world.feed().first).record
            #expect(record.status == .answered)
            #expect(record.clientNumber == nil)
        }
    }

    @Test("S41: two tenants with the same CallID and SubCallIDs have two calls, each its own")
    func twoTenants() async throws {
        try await Self.with { world in
            let other = try await TenantFixture.make("808", in: world.database)
            try await TenantFixture.list(of: other, in: world.database)
            _ = try await TenantFixture.map([(85_219, "v102")], of: other, in: world.database)
            let events = CallFlow(callID: "c41").answered(by: 85_219, name: "102")
            try await world.store(events)
            let owners = try await world.database.system { try await $0.eventTokens.owners() }
            let owner: EventTokenOwner = try #require(owners.values.first { $0.scope == other })
            try await world.store(events, owner: owner)
            try await world.assembleAll()
            let one = try await world.feed()
            let two = try await world.database.tenant(other) { try await $0.feed.changes(after: 0, limit: 1000) }
            #expect(one.map(\.record.userID?.rawValue) == ["u102"])
            #expect(two.map(\.record.userID?.rawValue) == ["v102"])
            #expect(one.map(\.id) != two.map(\.id))
        }
    }

    @Test("A25: a token that changes during the call leaves one leg")
    func changedToken() async throws {
        try await Self.with { world in
            let id = ExtensionID(rawValue: 85_219)
            _ = try await TenantFixture.map([], of: world.scope, in: world.database)
            _ = try await TenantFixture.map([(85_219, "u102")], of: world.scope, in: world.database)
            let owners = try await world.database.system { try await $0.eventTokens.owners() }
            let tokens = owners.values.filter { $0.extensionID == id }
            #expect(tokens.count == 2)
            let events = CallFlow(callID: "c25").answered(by: 85_219, name: "102")
            for (position, event) in events.enumerated() {
                try await world.store([event], owner: tokens[position % tokens.count])
            }
            try await world.assembleAll()
            let feed = try await world.feed()
            #expect(feed.map(\.record.subCallID) == ["85219-c25"])
            #expect(feed.map(\.record.isPartial) == [false])
        }
    }

    @Test("the extension notes its last event")
    func activity() async throws {
        try await Self.with { world in
            try await world.store(CallFlow(callID: "c1").answered(by: 85_219, name: "102"))
            try await world.assembleAll()
            let listed = try await world.database.tenant(world.scope) { try await $0.directory.list() }
            #expect(listed.filter { $0.lastEventAt != nil }.map(\.id.rawValue) == [85_219])
        }
    }

    struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope
        let assembler: Assembler
        let tokens: [Int64: EventTokenOwner]

        var database: Database { self.test.database }

        /// Stores events as they come with the token of `owner`, else with that of their extension.
        func store(_ events: [EventFields], owner: EventTokenOwner? = nil) async throws {
            var batch = EventBatch()
            for fields in events {
                let id = fields["TokenExtension"].flatMap(Int64.init)
                guard let owner = owner ?? id.flatMap({ self.tokens[$0] }) else {
                    continue
                }
                let form = fields.pairs.map { "\($0.name)=\($0.value.replacing("+", with: "%2B"))" }.joined(
                    separator: "&"
                )
                batch.append(ReceivedEvent(query: [], body: Array(form.utf8)), owner: owner, source: "127.0.0.1")
            }
            try await EventStore(database: self.database).write(batch)
        }

        func assembleAll(now: Timestamp? = nil) async throws {
            while try await self.assembler.assembleDue(now: now) > 0 {}
        }

        func feed() async throws -> [StoredCall] {
            try await self.database.tenant(self.scope) { try await $0.feed.changes(after: 0, limit: 1000) }
        }

        func databaseNow() async throws -> Timestamp {
            try await #require(self.database.pool.execute(ReadNow()).first)
        }
    }

    struct ReadNow: Statement {
        static let sql: StaticString = "SELECT clock_timestamp()"
        static func decode(_ row: inout Row) throws(PostgresError) -> Timestamp { try row.next() }
    }

    static func with<Value: Sendable>(_ body: (World) async throws -> Value) async throws -> Value {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            try await TenantFixture.list(of: scope, in: test.database)
            let mapped: [(Int64, String?)] = [
                (85_218, "u101"), (85_219, "u102"), (96_850, nil), (96_857, nil),
            ]
            _ = try await TenantFixture.map(mapped, of: scope, in: test.database)
            let owners = try await test.database.system { try await $0.eventTokens.owners() }
            let world = World(
                test: test,
                scope: scope,
                assembler: Assembler(
                    database: test.database,
                    listener: PostgresListener(configuration: test.server, logger: Logger(label: "test")),
                    defaults: AssemblyDefaults(grace: .seconds(5)),
                    batchSize: 50,
                    logger: Logger(label: "test")
                ),
                tokens: Dictionary(
                    owners.values.map { ($0.extensionID.rawValue, $0) },
                    uniquingKeysWith: { first, _ in first }
                )
            )
            return try await body(world)
        }
    }
}

/// Events of one call, as the PBX would send them for the standard extensions.
struct CallFlow {
    var callID: String
    var start: Int64 = 1_700_000_000_000_000
    /// Nil: the extension of each leg.
    var calledNumber: String?

    func answered(by extensionID: Int64, name: String) -> [EventFields] {
        [
            self.leg("dial-in", extensionID, name, status: "CALLING", offset: 0),
            self.leg("answer", extensionID, name, status: "ANSWER", offset: 5_000_000),
            self.leg(
                "hangup",
                extensionID,
                name,
                status: "ANSWER",
                offset: 66_000_000,
                more: [("Duration", "61000000"), ("RecID", "\(extensionID)-rec")]
            ),
        ]
    }

    func unanswered(by extensionID: Int64, name: String) -> [EventFields] {
        [
            self.leg("dial-in", extensionID, name, status: "CALLING", offset: 0),
            self.leg("hangup", extensionID, name, status: "CANCEL", offset: 5_100_000, more: [("Duration", "0")]),
        ]
    }

    func ended(at extensionID: Int64, name: String, bridged: String, offset: Int64 = 67_000_000) -> [EventFields] {
        [
            self.leg(
                "hangup",
                extensionID,
                name,
                status: "ANSWER",
                offset: offset,
                more: [("Bridged", bridged), ("CalledExtension", "2566*\(name)@sipproxy.telphin.ru")]
            )
        ]
    }

    /// An event of the leg that the extension has in this call.
    func leg(
        _ type: String,
        _ extensionID: Int64,
        _ name: String,
        status: String,
        offset: Int64,
        more: [(String, String)] = []
    ) -> EventFields {
        EventFields(
            [
                ("EventType", type), ("CallID", self.callID), ("SubCallID", "\(extensionID)-\(self.callID)"),
                ("EventTime", String(self.start + offset)), ("CallFlow", "in"), ("CallStatus", status),
                ("CallerIDNum", "+79161112233"), ("CalledNumber", self.calledNumber ?? "2566*\(name)"),
                ("CalledDID", "74959998877"), ("TokenExtension", String(extensionID)),
            ] + more
        )
    }
}
