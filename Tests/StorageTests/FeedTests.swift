import FoundationEssentials
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Feed", .timeLimit(.minutes(5)))
struct FeedTests {
    /// Delays a writer inside its transaction, so that commits come in another order than the writes.
    struct Sleep: Statement {
        static let sql: StaticString = "SELECT pg_sleep($1)::text"
        var seconds: Double
        func bind(_ bindings: inout Bindings) { bindings.append(self.seconds) }
    }

    @Test("a reader that follows the cursor gets every change exactly once while 8 writers commit in random order")
    func completeUnderConcurrency() async throws {
        let writers = 8
        let roundsPerWriter = 25
        try await TestDatabase.with(poolSize: 10) { test in
            let database = test.database
            let one = try await TenantFixture.make("807", in: database)
            let other = try await TenantFixture.make("808", in: database)
            let seen = try await withThrowingTaskGroup(of: [StoredCall].self) { tasks in
                for writer in 0..<writers {
                    tasks.addTask {
                        var generator = SystemRandomNumberGenerator()
                        for round in 0..<roundsPerWriter {
                            let results = [one, other].map { scope in
                                AssemblyResult(
                                    key: CallKey(scope: scope, callID: CallID(rawValue: "c\(writer)-\(round)")),
                                    changes: [.upsert(Self.record(callID: "c\(writer)-\(round)"))],
                                    nextDue: nil
                                )
                            }
                            let delays = (
                                Double.random(in: 0...0.01, using: &generator),
                                Double.random(in: 0...0.01, using: &generator)
                            )
                            try await database.system { transaction in
                                _ = try await transaction.postgres.execute(Sleep(seconds: delays.0))
                                try await transaction.assembly.write(results.shuffled(using: &generator))
                                _ = try await transaction.postgres.execute(Sleep(seconds: delays.1))
                            }
                        }
                        return []
                    }
                }
                tasks.addTask {
                    var seen: [StoredCall] = []
                    while seen.count < writers * roundsPerWriter {
                        let cursor = seen.last?.seq ?? 0
                        seen += try await database.tenant(one) { try await $0.feed.changes(after: cursor, limit: 7) }
                    }
                    return seen
                }
                return try await tasks.reduce(into: []) { $0 += $1 }
            }
            #expect(seen.count == writers * roundsPerWriter)
            #expect(Set(seen.map(\.id)).count == seen.count)
            #expect(seen.map(\.seq) == Array(1...Int64(writers * roundsPerWriter)))
            #expect(try await database.tenant(one) { try await $0.feed.state().lastSeq } == Int64(seen.count))
        }
    }

    @Test("a changed record keeps its id and moves to the end with its next version; a withdrawn one is a delete")
    func corrections() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let key = CallKey(scope: scope, callID: CallID(rawValue: "c1"))
            func write(_ changes: [CallChange]) async throws {
                try await test.database.system { transaction in
                    try await transaction.assembly.write([AssemblyResult(key: key, changes: changes, nextDue: nil)])
                }
            }
            func feed() async throws -> [StoredCall] {
                try await test.database.tenant(scope) { try await $0.feed.changes(after: 0, limit: 10) }
            }
            var record = Self.record(callID: "c1")
            try await write([.upsert(record)])
            let first = try #require(try await feed().first)
            record.recordingID = "85219-late"
            try await write([.upsert(record)])
            let second = try #require(try await feed().first)
            #expect((second.id, second.version, second.seq) == (first.id, 2, 2))
            #expect(second.record == record)
            try await write([.withdraw(record)])
            let third = try #require(try await feed().first)
            #expect((third.id, third.version, third.seq, third.isWithdrawn) == (first.id, 3, 3, true))
            #expect(third.record == record)
            let listed = try await test.database.tenant(scope) { transaction in
                try await transaction.calls.list(CallFilter(), after: nil, limit: 10)
            }
            #expect(listed.isEmpty)
        }
    }

    @Test("A31: only real differences are changes")
    func differences() {
        let record = Self.record(callID: "c1")
        let stored = StoredCall(id: .init(), version: 1, seq: 1, isWithdrawn: false, record: record)
        #expect(CallChange.changes(from: [stored], to: [record]) == [])
        #expect(CallChange.changes(from: [], to: [record]) == [.upsert(record)])
        #expect(CallChange.changes(from: [stored], to: []) == [.withdraw(record)])
        var gone = stored
        gone.isWithdrawn = true
        #expect(CallChange.changes(from: [gone], to: []) == [])
        #expect(CallChange.changes(from: [gone], to: [record]) == [.upsert(record)])
    }

    static func record(callID: String) -> CallRecord {
        CallRecord(
            key: .leg(subCallID: "85219-\(callID)"),
            direction: .outgoing,
            status: .answered,
            callID: CallID(rawValue: callID),
            subCallID: "85219-\(callID)",
            userID: UserID(rawValue: "u1"),
            extensionRef: ExtensionRef(id: ExtensionID(rawValue: 85_219), name: "2566*102", type: .phone),
            clientNumber: "+79161112233",
            clientNumberE164: "+79161112233",
            clientName: nil,
            did: nil,
            startedAt: Timestamp(microseconds: 1_502_985_726_958_201),
            answeredAt: Timestamp(microseconds: 1_502_985_738_818_201),
            endedAt: Timestamp(microseconds: 1_502_985_750_238_219),
            durationMicroseconds: 11_420_018,
            recordingID: nil,
            callbackID: nil,
            transferred: false,
            isInternal: false,
            isPartial: true,
            flags: [.conflict, .badEventTime],
            rule: "3"
        )
    }
}
