import Telephony
import TestSupport
import Testing

extension Scenario {
    static let all = incoming + outgoing + missed + internalCalls + odd
}

@Suite("Assembling a call")
struct AssemblyScenarioTests {
    @Test("gives the records of the scenario", arguments: Scenario.all)
    func records(_ scenario: Scenario) {
        #expect(scenario.assembly().records.map(Scenario.text(of:)) == scenario.expected)
    }

    @Test("explains every leg, and names the rule of every record", arguments: Scenario.all)
    func trace(_ scenario: Scenario) {
        let assembly = scenario.assembly()
        let legs = Set(scenario.events.map { "\($0.extensionID) \($0.event().subCallID ?? "-")" })
        let traced = assembly.trace.map { "\($0.extensionID) \($0.subCallID ?? "-")" }
        #expect(Set(traced) == legs)
        #expect(traced.count == legs.count)
        for record in assembly.records {
            let entries = assembly.trace.filter { $0.outcome == .record(record.key) }
            #expect(entries.map(\.rule) == [record.rule])
        }
    }

    @Test("has nothing left to wait for long after the call", arguments: Scenario.all)
    func isFinal(_ scenario: Scenario) {
        #expect(scenario.assembly().nextDue == nil)
    }

    @Test("A16: gives the same records in any order, with repetitions and in any split of time")
    func permutations() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let scenarios = Scenario.all.filter { !$0.dependsOnArrival }
        for round in 0..<12_000 {
            let scenario = scenarios[round % scenarios.count]
            let lines = scenario.events + scenario.events.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
            let events = lines.map { $0.event(arrivingAt: Double.random(in: 0...3600, using: &generator)) }
                .shuffled(using: &generator)
            if round % 10 == 0 {
                // What was assembled on the way must not matter, and must not fail.
                let split = Int.random(in: 0...events.count, using: &generator)
                _ = scenario.assembly(of: Array(events[..<split]), at: 1800)
            }
            let texts = scenario.assembly(of: events, at: 2_000_000).records.map(Scenario.text(of:))
            guard texts == scenario.expected else {
                Issue.record("seed \(seed), round \(round), \(scenario.name): \(texts)")
                return
            }
        }
    }
}
