import Logging
import Postgres
import Spool
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import Storage
@testable import WebAPI

@Suite("Event spool", .timeLimit(.minutes(5)))
struct EventSpoolTests {
    private static let owner = EventTokenOwner(
        scope: TenantScope(tenantID: TenantID(rawValue: "807")),
        extensionID: ExtensionID(rawValue: 101)
    )
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let away = StorageError(PostgresError(.connectionFailed, message: "away"))

    /// A database that is a set: what was written, and whether it can be reached.
    final class FakeTable: Sendable {
        struct State {
            var live: [Int] = []
            var late: [LateEvent] = []
            var attempts = 0
            var isAway = false
            /// Late events have to wait.
            var holdsLate = false
            var refused: String?
        }
        let state = Mutex(State())

        var isAway: Bool {
            get { self.state.withLock { $0.isAway } }
            set { self.state.withLock { $0.isAway = newValue } }
        }
        var late: [LateEvent] { self.state.withLock { $0.late } }

        func write(late events: [LateEvent]) throws {
            try self.state.withLock { state in
                guard !state.isAway else { throw EventSpoolTests.away }
                if let refused = state.refused, events.contains(where: { $0.callID?.rawValue == refused }) {
                    throw StorageError(PostgresError(.server(SQLState(rawValue: "22P05")), message: "no"))
                }
                state.late += events
            }
        }

        func write(live batch: EventBatch) throws {
            try self.state.withLock { state in
                state.attempts += 1
                guard !state.isAway else { throw EventSpoolTests.away }
                state.live.append(batch.count)
            }
        }
    }

    private static func makeSpool(_ spool: Spool, table: FakeTable) -> EventSpool {
        let ids = Atomic<Int64>(0)
        return EventSpool(
            spool: spool,
            makeEventID: { ids.add(1, ordering: .relaxed).newValue },
            now: { Timestamp(microseconds: 1_700_000_000_000_000) },
            logger: Self.logger,
            write: { events in
                while table.state.withLock({ $0.holdsLate }) { await Task.yield() }
                try table.write(late: events)
            }
        )
    }

    private static func submit(_ callIDs: [String], to intake: EventIntake) async -> [Bool] {
        var answers: [Bool] = []
        for callID in callIDs {
            let event = ReceivedEvent(query: "CallID=\(callID)".utf8, body: [UInt8]())
            answers.append((try? await intake.submit(event, owner: Self.owner, source: "192.0.2.1")) != nil)
        }
        return answers
    }

    @Test("while the database is away events are acknowledged by the spool; it is not asked for each of them")
    func takesOver() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        let spool = Self.makeSpool(try await directory.spool(), table: table)
        let arrival = Timestamp(microseconds: 1_650_000_000_123_456)
        let intake = EventIntake(
            writers: 1,
            limits: .events(1000),
            spool: spool,
            now: { arrival },
            logger: Self.logger
        ) { try table.write(live: $0) }
        let callIDs = (0..<100).map { "c\($0)" }
        try await withService(spool, intake, logger: Self.logger) {
            table.isAway = true
            #expect(await Self.submit(callIDs, to: intake).allSatisfy { $0 })
            #expect(spool.isInUse)
            #expect(spool.statistics.events == 100)
            #expect(table.state.withLock { $0.attempts } < 100)
            table.isAway = false
            while spool.isInUse || spool.statistics.events > 0 { await Task.yield() }
            // Live again.
            #expect(await Self.submit(["live"], to: intake) == [true])
            #expect(table.state.withLock { $0.live } == [1])
        }
        #expect(table.late.map(\.callID?.rawValue) == callIDs)
        #expect(table.late.allSatisfy { $0.arrivedAt == arrival && $0.source == "192.0.2.1" })
        #expect(Set(table.late.map(\.eventID)).count == 100)
    }

    @Test("live events are committed at once while the spool is drained")
    func liveBesideTheSpool() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        table.state.withLock { $0.holdsLate = true }
        let waiting = (0..<5000).map { Self.waiting($0) }
        let spool = try await directory.spool()
        try await spool.append(waiting)
        let eventSpool = Self.makeSpool(spool, table: table)
        let intake = EventIntake(writers: 1, limits: .events(1000), spool: eventSpool, logger: Self.logger) {
            try table.write(live: $0)
        }
        try await withService(eventSpool, intake, logger: Self.logger) {
            #expect(await Self.submit(["live"], to: intake) == [true])
            // Not behind those that waited.
            #expect(eventSpool.statistics.events == 5000)
            #expect(table.state.withLock { $0.live } == [1])
            table.state.withLock { $0.holdsLate = false }
            while eventSpool.statistics.events > 0 { await Task.yield() }
        }
        #expect(table.late.map(\.eventID) == waiting.map(\.eventID))
    }

    @Test("a write that does not end is given up, and the spool takes its events")
    func hanging() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        table.isAway = true
        let spool = Self.makeSpool(try await directory.spool(), table: table)
        // Does not even end when it is cancelled, as a connection whose peer is silent.
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let intake = EventIntake(
            writers: 1,
            limits: .events(1000),
            spool: spool,
            patience: .milliseconds(50),
            logger: Self.logger
        ) { _ in
            await Task.detached { for await _ in ends { return } }.value
        }
        try await withService(spool, intake, logger: Self.logger) {
            #expect(await Self.submit(["c1", "c2"], to: intake) == [true, true])
            #expect(spool.statistics.events == 2)
            end.finish()
        }
        let rest = try await directory.spool()
        #expect(rest.statistics.events == 2)
        await rest.close()
    }

    @Test("a full spool refuses; what it took is not lost")
    func full() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        let spool = Self.makeSpool(try await directory.spool(maximumBytes: 256 << 10), table: table)
        let intake = EventIntake(writers: 1, limits: .events(1000), spool: spool, logger: Self.logger) {
            try table.write(live: $0)
        }
        let padding = String(repeating: "x", count: 4000)
        try await withService(spool, intake, logger: Self.logger) {
            table.isAway = true
            var taken: [String] = []
            while taken.count < 1000 {
                let callID = "c\(taken.count)"
                let event = ReceivedEvent(query: "CallID=\(callID)&p=\(padding)".utf8, body: [UInt8]())
                do throws(IntakeError) {
                    try await intake.submit(event, owner: Self.owner, source: nil)
                } catch {
                    #expect(error == .unavailable)
                    break
                }
                taken.append(callID)
            }
            #expect(taken.count > 10)
            #expect(taken.count < 100)
            table.isAway = false
            while spool.isInUse || spool.statistics.events > 0 { await Task.yield() }
            #expect(table.late.map(\.callID?.rawValue) == taken)
            #expect(await Self.submit(["live"], to: intake) == [true])
        }
    }

    @Test("without anything in the spool the database's return is noticed, too")
    func emptyAndAway() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        let spool = Self.makeSpool(try await directory.spool(maximumBytes: 1), table: table)
        let intake = EventIntake(writers: 1, limits: .events(1000), spool: spool, logger: Self.logger) {
            try table.write(live: $0)
        }
        try await withService(spool, intake, logger: Self.logger) {
            table.isAway = true
            #expect(await Self.submit(["c1"], to: intake) == [false])
            table.isAway = false
            while spool.isInUse { await Task.yield() }
            #expect(await Self.submit(["c2"], to: intake) == [true])
        }
    }

    @Test("a spool that could not be read any more kept live events from a database that was back")
    func unreadable() async throws {
        let table = FakeTable()
        let directory = SpoolDirectory()
        let spool = try await directory.spool()
        let eventSpool = Self.makeSpool(spool, table: table)
        let intake = EventIntake(writers: 1, limits: .events(1000), spool: eventSpool, logger: Self.logger) {
            try table.write(live: $0)
        }
        try await withService(eventSpool, intake, logger: Self.logger) {
            table.isAway = true
            #expect(await Self.submit(["c1"], to: intake) == [true])
            await spool.close()
            #expect(await Self.submit(["c2"], to: intake) == [false])
            table.isAway = false
            while eventSpool.isInUse { await Task.yield() }
            #expect(await Self.submit(["c3"], to: intake) == [true])
        }
        // What was acknowledged is still there.
        let left = try await directory.spool()
        #expect(left.statistics.events == 1)
        await left.close()
    }

    @Test("an event that the database refuses comes home as bytes, and the others as they are")
    func refused() async throws {
        let directory = SpoolDirectory()
        let table = FakeTable()
        table.state.withLock { $0.refused = "c7" }
        let spool = try await directory.spool()
        try await spool.append((0..<20).map { Self.waiting($0) })
        let eventSpool = Self.makeSpool(spool, table: table)
        try await withService(eventSpool, logger: Self.logger) {
            while eventSpool.statistics.events > 0 { await Task.yield() }
        }
        #expect(table.late.map(\.eventID) == Array(0..<20))
        #expect(table.late.filter { $0.quarantine != nil }.map(\.eventID) == [7])
        #expect(table.late[7].raw == Array("{\"CallID\":\"c7\"}".utf8))
        #expect(table.late[7].fields == nil)
    }

    private static func waiting(_ number: Int) -> LateEvent {
        LateEvent(
            eventID: Int64(number),
            tenantID: TenantID(rawValue: "807"),
            extensionID: ExtensionID(rawValue: 101),
            arrivedAt: Timestamp(microseconds: 1_650_000_000_000_000 + Int64(number)),
            callID: CallID(rawValue: "c\(number)"),
            fields: Array("{\"CallID\":\"c\(number)\"}".utf8)
        )
    }
}
