import Foundation
import Synchronization
import Testing

@testable import Workers

/// Random histories of subscriptions, each of a tenant of its own. `RINGBRIDGE_RANDOM_HISTORIES` says how many,
/// `RINGBRIDGE_SEED` which: history number n has the seed plus n, so that one of them can be told again alone.
@Suite("Reconcile: random histories", .timeLimit(.minutes(60)))
struct RandomHistoryTests {
    /// Histories at one time; each has a database and a PBX to itself.
    private static let lanes = 3

    @Test("end with what is wanted, foreign rows untouched, and nothing left to write")
    func histories() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["RINGBRIDGE_RANDOM_HISTORIES"].flatMap(Int.init) ?? 200
        let seed = environment["RINGBRIDGE_SEED"].flatMap(UInt64.init) ?? .random(in: 0...UInt64(UInt32.max))
        print("\(count) random histories of subscriptions, RINGBRIDGE_SEED=\(seed)")
        let queue = HistoryQueue(count: count, seed: seed)
        let started = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { lanes in
            for _ in 0..<min(Self.lanes, count) {
                lanes.addTask {
                    try await ReconcilerTests.with { try await Self.play(queue, in: $0) }
                }
            }
            try await lanes.waitForAll()
        }
        print("\(queue.tally) in \(started.duration(to: .now))")
        // What is never met proves nothing.
        if count >= 200 {
            #expect(queue.tally.neverMet == [])
        }
    }

    private static func play(_ queue: HistoryQueue, in lane: ReconcilerTests.World) async throws {
        while let seed = queue.next() {
            var history = try await SubscriptionHistory(seed: seed, in: lane)
            var wrong = try await history.play()
            if wrong.isEmpty { wrong = try await history.leave() }
            queue.played(history)
            guard !wrong.isEmpty else { continue }
            // The others would say the same.
            queue.stop()
            Issue.record(
                """
                RINGBRIDGE_SEED=\(seed) RINGBRIDGE_RANDOM_HISTORIES=1:
                \(wrong.joined(separator: "\n"))
                in
                \(history.story.joined(separator: "\n"))
                """
            )
        }
    }
}

/// The histories that are still to be played, and what those before met.
private final class HistoryQueue: Sendable {
    private struct State {
        var left: Int
        var seed: UInt64
        var tally = HistoryTally()
    }
    private let state: Mutex<State>

    init(count: Int, seed: UInt64) {
        self.state = Mutex(State(left: count, seed: seed))
    }

    /// The seed of the next history; nil when there is none any more.
    func next() -> UInt64? {
        self.state.withLock { state in
            guard state.left > 0 else { return nil }
            state.left -= 1
            defer { state.seed &+= 1 }
            return state.seed
        }
    }

    func played(_ history: SubscriptionHistory) { self.state.withLock { $0.tally.add(history) } }
    func stop() { self.state.withLock { $0.left = 0 } }
    var tally: HistoryTally { self.state.withLock { $0.tally } }
}

/// What the histories met.
private struct HistoryTally: CustomStringConvertible {
    private var histories = 0
    private var steps = 0
    private var requests = 0
    private var met: [SubscriptionHistory.Met: Int] = [:]

    mutating func add(_ history: SubscriptionHistory) {
        self.histories += 1
        self.steps += history.story.count
        self.requests += history.requests
        for kind in history.met {
            self.met[kind, default: 0] += 1
        }
    }

    var neverMet: [SubscriptionHistory.Met] { SubscriptionHistory.Met.allCases.filter { self.met[$0] == nil } }

    var description: String {
        let counts = SubscriptionHistory.Met.allCases.map { "\($0) \(self.met[$0] ?? 0)" }.joined(separator: ", ")
        return "\(self.histories) histories of \(self.steps) happenings and \(self.requests) requests (\(counts))"
    }
}
