import Testing

@testable import Postgres

private struct Thing: Identifiable, Equatable {
    let id: Int
}

private typealias Machine = PoolStateMachine<Thing, Thing>

extension PoolStateMachine where Connection == Thing, Waiter == Thing {
    fileprivate mutating func leaseWord(_ id: Int) -> String {
        switch self.lease(Thing(id: id)) {
        case .lease(let connection): "lease \(connection.id)"
        case .wait(let connect): "wait, connect \(connect)"
        case .fail(let error): "fail \(error.code)"
        }
    }

    fileprivate mutating func connectedWord(_ id: Int) -> String {
        switch self.connected(Thing(id: id)) {
        case .lease(let connection, let waiter, let recovered, let connect):
            "lease \(connection.id) to \(waiter.id), connect \(connect)\(recovered ? ", recovered" : "")"
        case .park(let recovered): "park\(recovered ? ", recovered" : "")"
        case .close: "close"
        }
    }

    fileprivate mutating func releaseWord(_ id: Int, isReusable: Bool = true) -> String {
        switch self.release(Thing(id: id), isReusable: isReusable) {
        case .park: "park"
        case .lease(let connection, let waiter): "lease \(connection.id) to \(waiter.id)"
        case .close(_, let connect): "close, connect \(connect)"
        case .closeAndEnd: "close and end"
        }
    }
}

@Suite("The pool's state machine")
struct PoolStateMachineTests {
    private let away = PostgresError(.connectionFailed, message: "away")

    /// A pool that runs with idle connections 1…n.
    private func running(size: Int, idle: Int) -> Machine {
        var machine = Machine(size: size)
        _ = machine.start()
        _ = machine.connected(Thing(id: 1))
        for id in 2..<max(2, idle + 1) {
            for waiter in 1...id { _ = machine.lease(Thing(id: -waiter)) }
            _ = machine.connected(Thing(id: id))
            for connection in 1...id { _ = machine.release(Thing(id: connection), isReusable: true) }
            for waiter in 1...id { _ = machine.abandon(-waiter) }
        }
        return machine
    }

    @Test("Leases before the start wait, and the start connects for them, but no more than its size")
    func start() {
        var machine = Machine(size: 2)
        #expect(machine.leaseWord(1) == "wait, connect 0")
        #expect(machine.leaseWord(2) == "wait, connect 0")
        #expect(machine.leaseWord(3) == "wait, connect 0")
        #expect(machine.start() == 2)
        #expect(machine.start() == 0)
        #expect(machine.connectedWord(10) == "lease 10 to 1, connect 0")
        #expect(machine.connectedWord(11) == "lease 11 to 2, connect 0")
        #expect(machine.statistics == PoolStatistics(open: 2, leased: 2, waiting: 1))
        #expect(machine.releaseWord(10) == "lease 10 to 3")
        #expect(machine.releaseWord(11) == "park")
        #expect(machine.releaseWord(10) == "park")
        #expect(machine.leaseWord(4) == "lease 10")
    }

    @Test("A pool without demand keeps one connection, and opens another one per waiter")
    func demand() {
        var machine = Machine(size: 3)
        #expect(machine.start() == 1)
        #expect(machine.leaseWord(1) == "wait, connect 0")
        #expect(machine.leaseWord(2) == "wait, connect 1")
        #expect(machine.connectedWord(10) == "lease 10 to 1, connect 0")
        #expect(machine.leaseWord(3) == "wait, connect 1")
        #expect(machine.leaseWord(4) == "wait, connect 0")
        #expect(machine.connectedWord(11) == "lease 11 to 2, connect 0")
        #expect(machine.connectedWord(12) == "lease 12 to 3, connect 0")
        #expect(machine.statistics == PoolStatistics(open: 3, leased: 3, waiting: 1))
    }

    @Test("When nothing can be connected waiters and new leases fail at once, until an attempt succeeds")
    func broken() {
        var machine = Machine(size: 2)
        _ = machine.leaseWord(1)
        _ = machine.start()
        let first = machine.connectFailed(self.away)
        #expect(first.fail.map(\.id) == [1])
        #expect(first.hasBroken)
        #expect(first.retryAfterFailures == 1)
        #expect(machine.leaseWord(2) == "fail connectionFailed")
        let second = machine.connectFailed(self.away)
        #expect(!second.hasBroken)
        #expect(second.retryAfterFailures == 2)
        #expect(machine.connectedWord(10) == "park, recovered")
        #expect(machine.leaseWord(3) == "lease 10")
        #expect(machine.releaseWord(10, isReusable: false) == "close, connect 1")
        #expect(machine.connectFailed(self.away).retryAfterFailures == 1)
    }

    @Test("One of two attempts that fails breaks nothing: the other one may succeed")
    func oneOfTwoAttempts() {
        var machine = Machine(size: 2)
        _ = machine.leaseWord(1)
        _ = machine.leaseWord(2)
        #expect(machine.start() == 2)
        let action = machine.connectFailed(self.away)
        #expect(action.fail.isEmpty)
        #expect(action.retryAfterFailures == nil)
        #expect(machine.connectedWord(10) == "lease 10 to 1, connect 1")
    }

    @Test("A failed attempt while others are open fails nobody, and goes on only for waiters")
    func failsBesideOpenOnes() {
        var machine = self.running(size: 3, idle: 1)
        #expect(machine.leaseWord(1) == "lease 1")
        #expect(machine.leaseWord(2) == "wait, connect 1")
        let waiting = machine.connectFailed(self.away)
        #expect(waiting.fail.isEmpty)
        #expect(waiting.retryAfterFailures == 1)
        #expect(machine.releaseWord(1) == "lease 1 to 2")
        #expect(machine.connectFailed(self.away).retryAfterFailures == nil)
        #expect(machine.releaseWord(1) == "park")
    }

    @Test("A connection that cannot be reused is closed, and replaced for a waiter or when it was the last")
    func notReusable() {
        var machine = self.running(size: 1, idle: 1)
        #expect(machine.leaseWord(1) == "lease 1")
        #expect(machine.leaseWord(2) == "wait, connect 0")
        #expect(machine.releaseWord(1, isReusable: false) == "close, connect 1")
        #expect(machine.connectedWord(10) == "lease 10 to 2, connect 0")
        #expect(machine.releaseWord(10, isReusable: false) == "close, connect 1")
        #expect(machine.releaseWord(10) == "close, connect 0", "it came back twice")
    }

    @Test("Lost idle connections go; for the last one another is opened")
    func lostIdle() {
        var machine = self.running(size: 3, idle: 2)
        #expect(machine.statistics.open == 2)
        #expect(machine.closed(2) == 0)
        #expect(machine.closed(2) == 0)
        #expect(machine.closed(1) == 1)
        #expect(machine.statistics.open == 0)
        #expect(machine.leaseWord(1) == "wait, connect 0")
    }

    @Test("A waiter that gave up is served nothing")
    func abandon() {
        var machine = Machine(size: 1)
        _ = machine.start()
        _ = machine.leaseWord(1)
        _ = machine.leaseWord(2)
        #expect(machine.abandon(1) == Thing(id: 1))
        #expect(machine.abandon(1) == nil)
        #expect(machine.connectedWord(10) == "lease 10 to 2, connect 0")
    }

    @Test("A shutdown refuses waiters, closes idle connections, waits for leased ones, and ends with the last")
    func shutDown() {
        var machine = self.running(size: 3, idle: 3)
        _ = machine.leaseWord(1)
        _ = machine.leaseWord(2)
        let action = machine.shutDown()
        #expect(action.close.map(\.id) == [1])
        #expect(!action.hasEnded)
        #expect(machine.leaseWord(3) == "fail poolClosed")
        #expect(machine.connectedWord(10) == "close")
        #expect(machine.connectFailed(self.away).retryAfterFailures == nil)
        #expect(machine.releaseWord(3) == "close, connect 0")
        #expect(machine.releaseWord(2) == "close and end")
        #expect(machine.end().close.isEmpty)
    }

    @Test("A shutdown that is over in time-out closes connections under their users")
    func end() {
        var machine = self.running(size: 2, idle: 1)
        _ = machine.leaseWord(1)
        _ = machine.leaseWord(2)
        let action = machine.end()
        #expect(action.close.map(\.id) == [1])
        #expect(action.refuse.map(\.id) == [2])
        #expect(action.hasEnded)
        #expect(machine.releaseWord(1) == "close, connect 0")
        #expect(!machine.end().hasEnded)
    }

    @Test("A pool with nothing leased ends with its shutdown, also before it was started")
    func endsAtOnce() {
        var machine = self.running(size: 2, idle: 1)
        #expect(machine.shutDown().hasEnded)
        var created = Machine(size: 2)
        _ = created.leaseWord(1)
        let action = created.shutDown()
        #expect(action.refuse.map(\.id) == [1])
        #expect(action.hasEnded)
        #expect(created.start() == 0)
    }
}
