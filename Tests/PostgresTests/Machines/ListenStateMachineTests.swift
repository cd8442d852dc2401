import Testing

@testable import Postgres

private struct Consumer: Identifiable, Equatable {
    let id: Int
}

private typealias Machine = ListenStateMachine<Consumer>

@Suite("The listener's state machine")
struct ListenStateMachineTests {
    private func listening(_ channels: String...) -> Machine {
        var machine = Machine()
        machine.connected()
        for (index, channel) in channels.enumerated() {
            _ = machine.subscribe(Consumer(id: index), to: channel)
            _ = machine.listened(channel)
        }
        return machine
    }

    @Test("Channels are listened to when there is a connection, one step after the other")
    func steps() {
        var machine = Machine()
        #expect(machine.subscribe(Consumer(id: 1), to: "b") == .proceed)
        #expect(machine.subscribe(Consumer(id: 2), to: "a") == .proceed)
        #expect(machine.nextStep() == nil)
        machine.connected()
        #expect(machine.nextStep() == .listen("a"))
        #expect(machine.listened("a") == [Consumer(id: 2)])
        #expect(machine.nextStep() == .listen("b"))
        #expect(machine.listened("b") == [Consumer(id: 1)])
        #expect(machine.nextStep() == nil)
    }

    @Test("A notification goes to the consumers of its channel")
    func notified() {
        var machine = self.listening("a", "b")
        #expect(machine.subscribe(Consumer(id: 9), to: "a") == .reportActive)
        #expect(machine.notified("a") == [Consumer(id: 0), Consumer(id: 9)])
        #expect(machine.notified("b") == [Consumer(id: 1)])
        #expect(machine.notified("c") == [])
    }

    @Test("After a lost connection everything is listened to again, and its consumers are told")
    func reconnect() {
        var machine = self.listening("a", "b")
        machine.disconnected()
        #expect(machine.nextStep() == nil)
        #expect(machine.listened("a") == [], "the answer of the old connection came late")
        machine.connected()
        #expect(machine.nextStep() == .listen("a"))
        #expect(machine.listened("a") == [Consumer(id: 0)])
        #expect(machine.nextStep() == .listen("b"))
    }

    @Test("A channel is given up with its last consumer, and taken up again by a new one")
    func unlisten() {
        var machine = self.listening("a")
        #expect(machine.subscribe(Consumer(id: 7), to: "a") == .reportActive)
        machine.unsubscribe(0, from: "a")
        #expect(machine.nextStep() == nil)
        machine.unsubscribe(7, from: "a")
        #expect(machine.nextStep() == .unlisten("a"))
        #expect(machine.subscribe(Consumer(id: 8), to: "a") == .reportActive)
        machine.unlistened("a")
        #expect(machine.nextStep() == .listen("a"), "UNLISTEN was on its way already")
        #expect(machine.listened("a") == [Consumer(id: 8)])
    }

    @Test("A consumer that went away while nothing is connected leaves nothing behind")
    func goesAwayBefore() {
        var machine = Machine()
        _ = machine.subscribe(Consumer(id: 1), to: "a")
        machine.unsubscribe(1, from: "a")
        machine.connected()
        #expect(machine.nextStep() == nil)
    }

    @Test("The end reaches every consumer, and later ones are refused")
    func end() {
        var machine = self.listening("a", "b")
        #expect(machine.end().map(\.id).sorted() == [0, 1])
        #expect(machine.hasEnded)
        #expect(machine.subscribe(Consumer(id: 3), to: "a") == .refuse)
        machine.connected()
        #expect(machine.nextStep() == nil)
        #expect(machine.end().isEmpty)
    }
}
