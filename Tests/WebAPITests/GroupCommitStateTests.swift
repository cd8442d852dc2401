import Testing

@testable import WebAPI

@Suite("Group commit")
struct GroupCommitStateTests {
    private typealias State = GroupCommitState<Int>

    /// Entries weigh as many bytes as they say.
    private static func state(pending: Int, batch: Int, pendingBytes: Int = .max, batchBytes: Int = .max) -> State {
        State(
            limits: GroupCommitLimits(
                pending: pending,
                pendingBytes: pendingBytes,
                batch: batch,
                batchBytes: batchBytes
            ),
            byteCount: { $0 }
        )
    }

    private static func batch(_ action: State.WriterAction) -> [Int]? {
        if case .write(let entries) = action { entries } else { nil }
    }

    private static func isParked(_ action: State.WriterAction) -> Bool {
        if case .park = action { true } else { false }
    }

    private static func isStopped(_ action: State.WriterAction) -> Bool {
        if case .stop = action { true } else { false }
    }

    @Test("the first event wakes an idle writer, those that come while it writes make the next batch")
    func collecting() {
        var state = Self.state(pending: 100, batch: 10)
        #expect(Self.isParked(state.nextBatch(for: 0, finished: 0)))
        #expect(state.submit(1) == .wake(writer: 0))
        #expect(state.submit(2) == .wait)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 0)) == [1, 2])
        #expect(state.submit(3) == .wait)
        #expect(state.submit(4) == .wait)
        #expect(state.pending == 4)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 2)) == [3, 4])
        #expect(state.pending == 2)
        #expect(Self.isParked(state.nextBatch(for: 0, finished: 2)))
        #expect(state.pending == 0)
        #expect(state.submit(5) == .wake(writer: 0))
    }

    @Test("events that come before the writers are kept for them")
    func beforeWriters() {
        var state = Self.state(pending: 100, batch: 10)
        #expect(state.submit(1) == .wait)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 0)) == [1])
    }

    @Test("a batch has a maximum, and the order stays")
    func maximumBatch() {
        var state = Self.state(pending: 100, batch: 2)
        for entry in 1...5 {
            _ = state.submit(entry)
        }
        #expect(Self.batch(state.nextBatch(for: 0, finished: 0)) == [1, 2])
        #expect(Self.batch(state.nextBatch(for: 1, finished: 0)) == [3, 4])
        #expect(Self.batch(state.nextBatch(for: 0, finished: 2)) == [5])
    }

    @Test("what waits and what is being written counts against the maximum")
    func full() {
        var state = Self.state(pending: 2, batch: 10)
        _ = state.submit(1)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 0)) == [1])
        #expect(state.submit(2) == .wait)
        #expect(state.submit(3) == .refuseFull)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 1)) == [2])
        #expect(state.submit(3) == .wait)
    }

    @Test("at shutdown what was accepted is written, nothing new is accepted, and idle writers are woken to end")
    func shutDown() {
        var state = Self.state(pending: 10, batch: 10)
        #expect(Self.isParked(state.nextBatch(for: 1, finished: 0)))
        #expect(state.submit(1) == .wake(writer: 1))
        #expect(Self.isParked(state.nextBatch(for: 0, finished: 0)) == false)
        #expect(Self.isParked(state.nextBatch(for: 1, finished: 0)))
        _ = state.submit(2)
        #expect(state.shutDown() == [])
        #expect(state.submit(3) == .refuseClosed)
        #expect(Self.batch(state.nextBatch(for: 0, finished: 1)) == [2])
        #expect(Self.isStopped(state.nextBatch(for: 0, finished: 1)))
        #expect(Self.isStopped(state.nextBatch(for: 1, finished: 0)))
        #expect(state.close() == [])
    }

    @Test("idle writers are woken once at shutdown")
    func idleAtShutDown() {
        var state = Self.state(pending: 10, batch: 10)
        _ = state.nextBatch(for: 0, finished: 0)
        _ = state.nextBatch(for: 1, finished: 0)
        #expect(state.shutDown().sorted() == [0, 1])
        #expect(state.shutDown() == [])
    }

    @Test("writers that end without a shutdown leave entries to be refused")
    func cancelled() {
        var state = Self.state(pending: 10, batch: 10)
        _ = state.submit(1)
        #expect(state.close() == [1])
        #expect(state.submit(2) == .refuseClosed)
    }

    @Test("bytes bound what waits and what is written together, and one large entry is still written")
    func bytes() {
        var state = Self.state(pending: 100, batch: 100, pendingBytes: 100, batchBytes: 30)
        #expect(state.submit(50) == .wait)
        #expect(state.submit(10) == .wait)
        #expect(state.submit(20) == .wait)
        #expect(state.submit(21) == .refuseFull)
        guard case .write(let first) = state.nextBatch(for: 0, finished: 0) else {
            Issue.record("no batch")
            return
        }
        #expect(first == [50])
        #expect(state.submit(21) == .refuseFull)
        guard case .write(let second) = state.nextBatch(for: 0, finished: 1) else {
            Issue.record("no batch")
            return
        }
        #expect(second == [10, 20])
        #expect(state.submit(70) == .wait)
        #expect(state.submit(1) == .refuseFull)
    }
}
