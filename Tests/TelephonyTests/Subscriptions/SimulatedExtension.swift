import Telephony
import TestSupport

/// The rows of one extension on a PBX, and what a plan does to them.
struct SimulatedExtension {
    private(set) var rows: [SubscriptionRow] = []
    var limit = 16

    static let live = token("a")
    static let retired = token("b")

    /// An extension with right rows of ours for these events, ids from 1, and that many rows of others.
    init(own: [String] = [], foreign: Int = 0) {
        for type in own {
            self.add(type, url: self.ownURL)
        }
        for _ in 0..<foreign {
            self.add("hangup", url: "https://crm.example.com/hook")
        }
    }

    var ownURL: String {
        "https://our.example/ext-event/\(Self.live.text)"
    }

    var foreignRows: [SubscriptionRow] {
        self.rows.filter { !$0.url.contains(Self.live.text) && !$0.url.contains(Self.retired.text) }
    }

    mutating func add(_ type: String, url: String, method: String = "POST") {
        let id = (self.rows.map(\.id).max() ?? 0) + 1
        self.rows.append(SubscriptionRow(id: id, eventType: type, url: url, method: method))
    }

    /// The PBX lists rows in no particular order.
    mutating func reverse() {
        self.rows.reverse()
    }

    func plan(
        wanted: [CallEventKind] = wantedEvents(for: .phone),
        live: EventToken? = SimulatedExtension.live
    ) -> SubscriptionPlan {
        planSubscriptions(
            wanted: wanted,
            liveToken: live,
            tokens: [Self.live, Self.retired],
            publicURL: "https://our.example/",
            rows: self.rows,
            limit: self.limit
        )
    }

    /// Takes the steps one by one; false when a step would have been refused by the PBX or hits a row that is not ours.
    mutating func apply(_ plan: SubscriptionPlan) -> Bool {
        for step in plan.steps {
            switch step.action {
            case .create(let type):
                guard self.rows.count < self.limit else {
                    return false
                }
                self.add(type, url: self.ownURL)
            case .update(let id, _):
                guard let index = self.ownIndex(id) else {
                    return false
                }
                self.rows[index].url = self.ownURL
                self.rows[index].method = "POST"
            case .delete(let id, _):
                guard let index = self.ownIndex(id) else {
                    return false
                }
                self.rows.remove(at: index)
            case .keep(let id, _):
                guard let index = self.ownIndex(id), self.rows[index].url == self.ownURL else {
                    return false
                }
            }
        }
        return true
    }

    /// Rows of both owners in any number, order and state.
    static func random(using generator: inout SeededGenerator) -> SimulatedExtension {
        var result = SimulatedExtension()
        let types = ["dial-in", "dial-out", "answer", "hangup", "message-in", "Hangup"]
        let urls = [
            result.ownURL, "https://our.example/ext-event/\(retired.text)", "http://old.example/e/\(live.text)/",
            "https://crm.example.com/hook", "https://our.example/ext-event/\(token("c").text)", "",
        ]
        for _ in 0..<Int.random(in: 0...18, using: &generator) {
            result.add(
                types.randomElement(using: &generator) ?? "hangup",
                url: urls.randomElement(using: &generator) ?? "",
                method: ["POST", "GET"].randomElement(using: &generator) ?? "POST"
            )
        }
        result.rows.shuffle(using: &generator)
        return result
    }

    private func ownIndex(_ id: Int64) -> Int? {
        self.rows.firstIndex { row in
            row.id == id && !self.foreignRows.contains { $0.id == id }
        }
    }

    private static func token(_ character: Character) -> EventToken {
        var generator = SeededGenerator(seed: 0)
        return EventToken(String(repeating: character, count: 32)) ?? .generate(using: &generator)
    }
}

extension SubscriptionPlan {
    /// The steps in words.
    var actions: [String] {
        self.steps.map { step in
            switch step.action {
            case .create(let type): "create \(type)"
            case .update(let id, _): "update \(id)"
            case .delete(let id, _): "delete \(id)"
            case .keep(let id, _): "keep \(id)"
            }
        }
    }
}
