import Postgres
import RingmeSimulator
import Storage
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Processes that die, and processes that work at the same time: cases R13 and R18 of the edge cases.
@Suite("Reconcile: crashes and concurrency", .timeLimit(.minutes(5)))
struct ReconcileCrashTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let four = ["answer", "dial-in", "dial-out", "hangup"]

    /// Burns down by one at each place where a process can die; from its end on nothing works any more.
    private final class Fuse: Sendable {
        struct Died: Error {}
        private let left: Mutex<Int>

        init(_ length: Int) { self.left = Mutex(length) }

        func burn() throws {
            try self.left.withLock { left in
                guard left > 0 else { throw Died() }
                left -= 1
            }
        }

        /// Whether it has burnt down, so that the process died.
        var hasEnded: Bool { self.left.withLock { $0 == 0 } }
    }

    private final class Flag: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { self.value.withLock { $0 } }
        func set() { self.value.withLock { $0 = true } }
    }

    /// A process dies at the k-th place of a run, for every k until the run gets through; each time another process finishes.
    ///
    /// The places are before each transaction and after each commit; since a request to the PBX stands between two of them,
    /// they include those before a request is sent and after it was answered.
    private static func killEverywhere(
        _ world: World,
        _ change: () async throws -> Void,
        check: (Int) async throws -> Void
    ) async throws -> Int {
        for length in 1... {
            try await change()
            let fuse = Fuse(length)
            let process = world.process(
                on: Database(pool: world.database.pool, checkpoint: { try fuse.burn() })
            )
            do {
                while try await process.reconcileDue() > 0 {}
            } catch {
                #expect(error is Fuse.Died)
            }
            let died = fuse.hasEnded
            // The dead process's lease runs out, and another process finishes.
            try await world.pass(200)
            try await world.reconcile()
            try await check(length)
            #expect(world.pbx.pbx.violations == [], "killed at \(length)")
            if !died { return length }
        }
        return 0
    }

    /// Our rows as they are recorded, and as they are.
    private static func expectRecorded(_ world: World, _ place: Int) async throws {
        let recorded = try await world.database.system { try await $0.removals.progress(of: world.scope.tenantID) }
        let ours = world.pbx.pbx.allEvents.filter { $0.owner != .foreign }
        #expect(recorded.rows.map { Int($0.eventID) } == ours.map(\.id), "killed at \(place)")
        #expect(recorded.extensions == [], "killed at \(place)")
    }

    @Test(
        "a kill at every place of adding and of removing: no duplicate, no leak, foreign rows untouched, rows recorded"
    )
    func addingAndRemoving() async throws {
        try await ReconcilerTests.with { world in
            let foreign = try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            let adding = try await Self.killEverywhere(world) {
                _ = try await world.map([])
                try await world.reconcile()
                _ = try await world.map([(85_219, "u1")])
            } check: { place in
                #expect(try await world.rightTypes(of: Self.phone) == Self.four, "killed at \(place)")
                #expect(world.pbx.pbx.events(of: Self.phone).count == 5, "killed at \(place)")
                try await Self.expectRecorded(world, place)
            }
            let removing = try await Self.killEverywhere(world) {
                _ = try await world.map([(85_219, "u1")])
                try await world.reconcile()
                _ = try await world.map([])
            } check: { place in
                #expect(world.pbx.pbx.allEvents == [foreign], "killed at \(place)")
                try await Self.expectRecorded(world, place)
            }
            print("places to die: adding \(adding), removing \(removing)")
            #expect(adding > 30 && removing > 30)
        }
    }

    @Test("a kill at every place of a rotation, and of a run that meets the limit and takes back what it added")
    func rotatingAndTakingBack() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let ids = world.pbx.pbx.events(of: Self.phone).map(\.id)
            let rotating = try await Self.killEverywhere(world) {
                _ = try await world.rotate(Self.phone)
            } check: { place in
                #expect(try await world.rightTypes(of: Self.phone) == Self.four, "killed at \(place)")
                #expect(world.pbx.pbx.events(of: Self.phone).map(\.id) == ids, "killed at \(place)")
                try await Self.expectRecorded(world, place)
            }
            try world.pbx.pbx.setEventLimit(6, extensionID: 85_220)
            let foreign = try (0..<4).map {
                try world.pbx.pbx.addForeignEvent(extensionID: 85_220, url: "https://crm.example.com/\($0)")
            }
            let takingBack = try await Self.killEverywhere(world) {
                _ = try await world.map([(85_219, "u1")])
                try await world.reconcile()
                // What the PBX showed is forgotten, so that the run meets the limit again.
                try await world.script("DELETE FROM subscription_states WHERE extension_id = 85220")
                _ = try await world.map([(85_219, "u1"), (85_220, "u1")])
            } check: { place in
                #expect(world.pbx.pbx.events(of: 85_220) == foreign, "killed at \(place)")
                #expect(try await world.problemCodes() == [.eventLimitReached], "killed at \(place)")
                try await Self.expectRecorded(world, place)
            }
            print("places to die: rotating \(rotating), taking back \(takingBack)")
            #expect(rotating > 20 && takingBack > 30)
        }
    }

    @Test("R18: trouble with one extension leaves the others alone, with a result each")
    func oneInTrouble() async throws {
        try await ReconcilerTests.with { world in
            _ = world.pbx.pbx.addFault(
                Fault(Fault.internalError, resource: .events, extensionID: Self.phone, times: nil)
            )
            _ = try await world.map([(85_218, "u1"), (85_219, "u1"), (85_220, "u1"), (96_850, nil)])
            try await world.reconcile()
            #expect(try await world.states().map(\.state) == [.active, .pending, .active, .active])
            let problems = try await world.problems()
            #expect(problems.map(\.extensionID?.rawValue) == [85_219])
            #expect(problems.map(\.problem.code) == [.pbxUnreachable])
            #expect(world.types(of: 85_218) == Self.four)
            #expect(world.types(of: 96_850) == ["hangup"])
        }
    }

    @Test("R13: two processes and 50 edits at once: the last state wins, one run per extension at a time")
    func twoProcesses() async throws {
        try await ReconcilerTests.with { world in
            let second = PostgresPool(configuration: world.test.server, size: 8, logger: ReconcilerTests.logger)
            let phones: [Int64] = [85_218, 85_219, 85_220]
            let foreign = try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            // Writes take a while on the PBX and lists do not, so that the list of a second run of one extension would come in
            // between.
            for method in ["POST", "PUT", "DELETE"] {
                _ = world.pbx.pbx.addFault(Fault(.none, method: method, times: nil, delay: .milliseconds(30)))
            }
            let runs = try await withService(second) {
                let processes = [world.process(), world.process(on: Database(pool: second))]
                let isOver = Flag()
                return try await withThrowingTaskGroup(of: Int.self) { group in
                    for process in processes {
                        group.addTask {
                            var runs = 0
                            while !isOver.isSet {
                                runs += try await process.reconcileDue()
                                await Task.yield()
                            }
                            return runs
                        }
                    }
                    try await withThrowingTaskGroup(of: Void.self) { edits in
                        for edit in 0..<50 {
                            edits.addTask {
                                let subset = phones.enumerated().filter { edit >> $0.offset & 1 == 1 }.map(\.element)
                                _ = try await world.map(subset.map { ($0, "u\(edit % 3)") })
                            }
                        }
                        try await edits.waitForAll()
                    }
                    // Until nothing is left to do.
                    while try await world.database.system({ transaction in
                        try await !transaction.removals.progress(of: world.scope.tenantID).extensions.isEmpty
                    }) {
                        await Task.yield()
                    }
                    isOver.set()
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let mapped = try await world.database.tenant(world.scope) { try await $0.mappings.current().mappings }
            for phone in phones {
                let isWanted = mapped.contains { $0.extensionID.rawValue == phone }
                let rows = world.pbx.pbx.events(of: Int(phone)).filter { $0 != foreign }
                #expect(rows.map(\.eventType).sorted() == (isWanted ? Self.four : []), "\(phone)")
                if isWanted { #expect(try await world.rightTypes(of: Int(phone)) == Self.four) }
            }
            #expect(world.pbx.pbx.events(of: Self.phone).contains(foreign))
            #expect(world.pbx.pbx.violations == [], "no overlapping writes, no duplicates")
            let requests = world.pbx.pbx.requestLog.filter { $0.extensionID != nil }
            #expect(Self.overlaps(in: requests) == [], "a write goes by its own process's list")
            print("runs of the two processes: \(runs)")
            // How they share the work is the machine's affair.
            #expect(runs.reduce(0, +) > 0)
        }
    }

    /// Writes that two runs of one extension at a time give away: a run begins with its process's list, and all that follows on
    /// that extension until the next list is the same process's.
    private static func overlaps(in log: [LoggedRequest]) -> [LoggedRequest] {
        var lastProcess: [Int: Int] = [:]
        return log.filter { request in
            guard let extensionID = request.extensionID else { return false }
            defer { lastProcess[extensionID] = request.tokenNumber }
            return request.isWrite && lastProcess[extensionID] != request.tokenNumber
        }
    }

    @Test("R13: a change during a run is not lost, and a process whose lease was taken writes no more")
    func leaseLost() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            // The first process stands still before its second POST; its lease runs out, and another takes over.
            let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
            let hasEnded = Flag()
            _ = world.pbx.pbx.addFault(
                Fault(.none, method: "POST", resource: .events, skip: 1, times: 1, delay: .milliseconds(1_500))
            )
            let slow = world.process()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    stop.yield()
                    while try await slow.reconcileDue() > 0 {}
                    hasEnded.set()
                }
                for await _ in stopped { break }
                while world.pbx.pbx.events(of: Self.phone).isEmpty { await Task.yield() }
                try await world.script(
                    "UPDATE reconcile_todos SET claim_id = gen_random_uuid(), claimed_until = now() + interval '1 hour'"
                )
                try await group.waitForAll()
            }
            #expect(hasEnded.isSet)
            // The POST on its way was not called back, but no further one was sent.
            #expect(world.pbx.pbx.requestLog.filter { $0.method == "POST" && $0.resource == .events }.count <= 2)
            try await world.pass(3_601)
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.violations == [])
        }
    }
}
