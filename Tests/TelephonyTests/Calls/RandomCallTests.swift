import Foundation
import Telephony
import TestSupport
import Testing

/// Random calls against what must hold whatever the rules' details. `RINGBRIDGE_RANDOM_FLOWS` says how many,
/// `RINGBRIDGE_SEED` which.
@Suite("Random calls")
struct RandomCallTests {
    @Test("keep what must hold of every call, in any order, repetition and split, under all settings")
    func invariants() {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["RINGBRIDGE_RANDOM_FLOWS"].flatMap(Int.init) ?? 5000
        let seed = environment["RINGBRIDGE_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
        print("Random calls: \(count) flows of seed \(seed)")
        var flows = CallFlowGenerator(seed: seed)
        var random = SeededGenerator(seed: seed &+ 1)
        for number in 0..<count {
            let call = RandomCall(flow: flows.next(startingAt: RandomCall.start), number: number)
            let violations = call.violations(using: &random)
            guard violations.isEmpty else {
                Issue.record(
                    "seed \(seed), flow \(number): \(violations.joined(separator: "; "))\n\(call.description)"
                )
                return
            }
        }
    }
}

/// One random call, and what is wrong with its records.
private struct RandomCall: CustomStringConvertible {
    let flow: CallFlow
    let number: Int

    /// The first instant of every call.
    static let start = Scenario.instant(0).microseconds

    /// Long after the call, its graces and the patience for hangups.
    private static let end = 2_000_000.0

    var description: String {
        self.flow.deliveries.map { delivery in
            "\(delivery.extensionID) " + delivery.fields.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        }
        .joined(separator: "\n")
    }

    func violations(using random: inout SeededGenerator) -> [String] {
        let inOrder = self.flow.deliveries.map { Self.event($0, delay: 50_000) }
        let shuffled = self.flow.shuffledAndRepeated(using: &random).map { delivery in
            Self.event(delivery, delay: Int64.random(in: 0..<3_600_000_000, using: &random))
        }
        let standard = self.assembly(of: inOrder, settings: TenantSettings())
        var violations = self.violations(of: standard) + self.violationsOfDefaults(standard)
        if self.assembly(of: shuffled, settings: TenantSettings()).records != standard.records {
            violations.append("the order matters")
        }
        let settings = Self.settings[self.number % Self.settings.count]
        let chosen = self.assembly(of: inOrder, settings: settings)
        violations += self.violations(of: chosen)
        if self.assembly(of: shuffled.reversed(), settings: settings).records != chosen.records {
            violations.append("the order matters under \(settings)")
        }
        // What was assembled on the way is not the final result, but must keep the rules as well.
        let some = Array(shuffled.prefix(Int.random(in: 0...shuffled.count, using: &random)))
        let second = Double.random(in: 0...8000, using: &random)
        violations += self.violationsOnTheWay(
            self.assembly(of: some, settings: settings, at: second),
            of: some,
            at: second
        )
        return violations
    }

    /// What must hold under all settings.
    private func violations(of assembly: Assembly) -> [String] {
        var violations = self.violationsOnTheWay(assembly, of: nil, at: Self.end)
        let records = assembly.records
        if self.flow.hasBridgedYes, records.contains(where: { $0.status == .missed }) {
            violations.append("missed in spite of Bridged=yes")
        }
        for leg in self.flow.answeredExternalLegs where records.filter({ $0.isTalk(of: leg) }).count != 1 {
            violations.append("the answered leg \(leg) is not one record")
        }
        if assembly.nextDue != nil {
            violations.append("something is left to wait for")
        }
        return violations
    }

    /// What must hold under the default settings: these records and no others.
    private func violationsOfDefaults(_ assembly: Assembly) -> [String] {
        var violations: [String] = []
        let records = assembly.records
        for leg in self.flow.unansweredIncomingLegs where records.contains(where: { $0.key == .leg(subCallID: leg) }) {
            violations.append("the unanswered incoming leg \(leg) is a record")
        }
        let missed = records.filter { $0.status == .missed }
        if missed.map(\.extensionRef.id.rawValue) != (self.flow.missedAt.map { [$0] } ?? []) {
            violations.append("missed at \(missed.map(\.extensionRef.name)), not at \(self.flow.missedAt ?? 0)")
        }
        let legs = self.flow.answeredExternalLegs.union(self.flow.unansweredOutgoingLegs)
        let recorded = records.filter { $0.status != .missed }
        if legs.isEmpty, missed.isEmpty, !self.flow.callbackLegs.isEmpty {
            let isAlone = recorded.count == 1 && recorded[0].userID == nil
            if !isAlone || !self.flow.callbackLegs.contains(recorded[0].subCallID ?? "") {
                violations.append("the callback is not the only record")
            }
        } else if Set(recorded.compactMap(\.subCallID)) != legs || recorded.count != legs.count {
            violations.append("recorded are \(recorded.map(\.key)), not \(legs.sorted())")
        }
        for record in recorded where record.status == .answered {
            if let leg = record.subCallID, self.flow.unansweredOutgoingLegs.contains(leg) {
                violations.append("the unanswered leg \(leg) is answered")
            }
        }
        return violations
    }

    /// What must hold at every instant, whatever has come so far.
    private func violationsOnTheWay(_ assembly: Assembly, of events: [CallEvent]?, at second: Double) -> [String] {
        var violations: [String] = []
        let now = Scenario.instant(second)
        if Set(assembly.records.map(\.key)).count != assembly.records.count {
            violations.append("a key is there twice")
        }
        let missed = assembly.records.filter { $0.status == .missed }
        if missed.count > 1 {
            violations.append("missed more than once")
        }
        if !missed.isEmpty, events?.contains(where: { $0.bridged == true }) == true {
            violations.append("missed in spite of the Bridged=yes that has come")
        }
        for record in assembly.records {
            let rules = assembly.trace.filter { $0.outcome == .record(record.key) }.map(\.rule)
            if rules != [record.rule] {
                violations.append("\(record.key) of rule \(record.rule) is explained by \(rules)")
            }
            if record.endedAt < record.startedAt || (record.durationMicroseconds ?? 0) < 0 {
                violations.append("\(record.key) ends before it begins")
            }
        }
        let legs = (events ?? self.flow.deliveries.map { Self.event($0, delay: 0) })
            .map { "\($0.extensionID) \($0.subCallID ?? "")" }
        if assembly.trace.map({ "\($0.extensionID) \($0.subCallID ?? "")" }).sorted() != Set(legs).sorted() {
            violations.append("not every leg is explained once")
        }
        // Events that have not arrived yet are among them, so the last one's arrival is a bound as well.
        let latest = (events ?? []).map(\.arrivedAt).max().map { max($0, now) } ?? now
        if let due = assembly.nextDue, due <= now || due > latest + .seconds(14_400) {
            violations.append("due at a strange time")
        }
        return violations
    }

    private func assembly(of events: [CallEvent], settings: TenantSettings, at second: Double = Self.end) -> Assembly {
        assemble(
            CallInput(
                callID: CallID(rawValue: self.flow.callID),
                events: events,
                directory: Scenario.directory,
                history: Scenario.history,
                settings: settings,
                grace: 5_000_000,
                now: Scenario.instant(second)
            )
        )
    }

    private static func event(_ delivery: CallFlow.Delivery, delay: Int64) -> CallEvent {
        let time = delivery["EventTime"].flatMap { Int64($0) } ?? Self.start
        return CallEvent(
            extensionID: ExtensionID(rawValue: delivery.extensionID),
            arrivedAt: Timestamp(microseconds: time + delay),
            fields: EventFields(delivery.fields.map { ($0.name, $0.value) })
        )
    }

    /// Every combination of what changes the records.
    private static let settings: [TenantSettings] = (0..<8).map { bits in
        TenantSettings(
            externalOnly: bits & 1 != 0,
            recordUnansweredOutgoing: bits & 2 != 0,
            directMissed: bits & 4 != 0
        )
    }
}

extension CallRecord {
    fileprivate func isTalk(of leg: String) -> Bool {
        self.subCallID == leg && self.key == .leg(subCallID: leg) && self.status == .answered
    }
}
