import Telephony
import TestSupport
import Testing

@Suite("The plan of subscriptions")
struct SubscriptionPlanTests {
    @Test("an extension without rows gets what its type wants")
    func fresh() {
        let phone = SimulatedExtension().plan()
        #expect(phone.actions == ["create dial-in", "create dial-out", "create answer", "create hangup"])
        #expect(phone.requests == 5)
        #expect(phone.before.free == 16)
        #expect(phone.after.free == 12)
        #expect(phone.after.ours == 4)
        #expect(phone.missing.isEmpty)
        #expect(SimulatedExtension().plan(wanted: wantedEvents(for: .ivr)).actions == ["create hangup"])
        #expect(SimulatedExtension().plan(wanted: wantedEvents(for: .queue)).actions == ["create hangup"])
        #expect(wantedEvents(for: ExtensionType(rawValue: "fax")).isEmpty)
    }

    @Test("what is right is kept and costs one request")
    func right() {
        let plan = SimulatedExtension(own: ["dial-in", "dial-out", "answer", "hangup"]).plan()
        #expect(plan.actions == ["keep 1", "keep 2", "keep 3", "keep 4"])
        #expect(plan.requests == 1)
        #expect(plan.before == plan.after)
    }

    @Test("S53: only what is missing is added")
    func half() {
        let plan = SimulatedExtension(own: ["dial-in", "hangup"]).plan()
        #expect(plan.actions == ["keep 1", "keep 2", "create dial-out", "create answer"])
    }

    @Test("S54: a rotated token, a moved address and a wrong method are changed in place")
    func inPlace() {
        var rows = SimulatedExtension()
        rows.add("dial-in", url: "https://our.example/ext-event/\(SimulatedExtension.retired.text)")
        rows.add("dial-out", url: "https://old.example/x/ext-event/\(SimulatedExtension.live.text)/?a=1#b")
        rows.add("answer", url: rows.ownURL, method: "GET")
        rows.add("hangup", url: "HTTPS://OUR.example/ext-event/\(SimulatedExtension.live.text)", method: "post")
        let plan = rows.plan()
        #expect(plan.actions == ["keep 4", "update 1", "update 2", "update 3"])
        #expect(plan.steps.map(\.reason) == [.right, .tokenRotated, .addressChanged, .methodChanged])
    }

    @Test("an agent gets its two events at the event URL of agents, and no number of others' rows is in the way")
    func agent() {
        func plan(_ rows: [SubscriptionRow], wanted: [AgentEventKind] = AgentEventKind.allCases) -> SubscriptionPlan {
            planSubscriptions(
                wanted: wanted,
                liveToken: SimulatedExtension.live,
                tokens: [SimulatedExtension.live],
                publicURL: "https://our.example/",
                rows: rows,
                limit: .max
            )
        }
        let foreign = (1...40).map {
            SubscriptionRow(id: $0, eventType: "agent-login", url: "https://crm.example/a", method: "POST")
        }
        #expect(plan(foreign).actions == ["create agent-login", "create agent-logout"])
        let token = SimulatedExtension.live.text
        let rows = [
            SubscriptionRow(
                id: 1,
                eventType: "agent-login",
                url: "https://our.example/agent-event/\(token)",
                method: "POST"
            ),
            SubscriptionRow(
                id: 2,
                eventType: "agent-logout",
                url: "https://our.example/ext-event/\(token)",
                method: "POST"
            ),
        ]
        #expect(plan(rows).actions == ["keep 1", "update 2"])
        #expect(plan(rows, wanted: []).actions == ["delete 1", "delete 2"])
    }

    @Test("R4: of duplicates the lowest id stays")
    func duplicates() {
        let plan = SimulatedExtension(own: ["hangup", "hangup", "hangup"]).plan(wanted: [.hangup])
        #expect(plan.actions == ["keep 1", "delete 2", "delete 3"])
        #expect(plan.steps.last?.reason == .duplicate)
        var reversed = SimulatedExtension(own: ["hangup", "hangup", "hangup"])
        reversed.reverse()
        #expect(reversed.plan(wanted: [.hangup]).actions == plan.actions)
    }

    @Test("R4: a row is not changed to the URL that a duplicate still has")
    func duplicatesBesideAnUpdate() {
        var rows = SimulatedExtension()
        rows.add("answer", url: "https://old.example/ext-event/\(SimulatedExtension.live.text)")
        rows.add("answer", url: rows.ownURL)
        rows.add("answer", url: "https://older.example/ext-event/\(SimulatedExtension.live.text)")
        rows.add("hangup", url: rows.ownURL, method: "GET")
        rows.add("hangup", url: rows.ownURL)
        let plan = rows.plan(wanted: [.answer, .hangup])
        #expect(plan.actions == ["delete 2", "delete 5", "update 1", "update 4", "delete 3"])
        #expect(plan.after.used == 2)
    }

    @Test("R6, R9: rows that are no longer wanted go, the extension's last ones too")
    func unwanted() {
        let rows = SimulatedExtension(own: ["dial-in", "hangup", "message-in"])
        #expect(rows.plan(wanted: [.hangup]).actions == ["keep 2", "delete 1", "delete 3"])
        #expect(rows.plan(wanted: []).actions == ["delete 1", "delete 2", "delete 3"])
        #expect(rows.plan(wanted: []).after.used == 0)
    }

    @Test("R1: others' rows are counted by host and never touched, also on our host with an unknown token")
    func foreign() {
        var rows = SimulatedExtension()
        rows.add("hangup", url: "https://user:pass@CRM.example.com:8443/hook?token=\(SimulatedExtension.live.text)")
        rows.add("hangup", url: "https://our.example/ext-event/\(String(repeating: "9", count: 32))")
        rows.add("hangup", url: "https://our.example/ext-event/\(SimulatedExtension.live.text)/more")
        rows.add("hangup", url: "https://our.example/ext-event/\(SimulatedExtension.live.text.uppercased())")
        rows.add("hangup", url: "not a url")
        rows.add("hangup", url: "")
        rows.add("hangup", url: "http://[2001:db8::1]:80/x")
        let plan = rows.plan(wanted: [])
        #expect(plan.steps.isEmpty)
        #expect(plan.before.foreignHosts == ["crm.example.com": 1, "our.example": 3, "unknown": 2, "[2001:db8::1]": 1])
        #expect(plan.before.foreign == 7)
    }

    @Test("S52, R7: sixteen foreign rows leave no room, and the problem has the numbers")
    func full() throws {
        let plan = SimulatedExtension(foreign: 16).plan()
        #expect(plan.steps.isEmpty)
        let problem = try #require(plan.limitProblem)
        #expect(
            problem
                == .init(
                    limit: 16,
                    used: 16,
                    ours: 0,
                    needed: 4,
                    free: 0,
                    foreignHosts: ["crm.example.com": 16],
                    missing: CallEventKind.allCases.map(\.rawValue)
                )
        )
        #expect(plan.missing == CallEventKind.allCases.map(\.rawValue))
    }

    @Test("R7: a phone's four are all or nothing, and what was there stays")
    func allOrNothing() {
        let none = SimulatedExtension(foreign: 14).plan()
        #expect(none.writes.isEmpty)
        #expect(none.limitProblem?.needed == 4)
        #expect(none.limitProblem?.free == 2)
        let some = SimulatedExtension(own: ["dial-in", "hangup"], foreign: 13).plan()
        #expect(some.actions == ["keep 1", "keep 2"])
        #expect(some.missing == ["dial-out", "answer"])
        #expect(some.limitProblem?.needed == 2)
        #expect(some.limitProblem?.ours == 2)
        #expect(SimulatedExtension(foreign: 12).plan().limitProblem == nil)
    }

    @Test("R7, R8: our own stale rows are freed first when slots are short, else new rows come before old ones go")
    func order() {
        let short = SimulatedExtension(own: ["message-in", "message-out"], foreign: 12).plan()
        #expect(
            short.actions == [
                "delete 1", "delete 2", "create dial-in", "create dial-out", "create answer", "create hangup",
            ]
        )
        #expect(short.limitProblem == nil)
        let roomy = SimulatedExtension(own: ["message-in"]).plan(wanted: [.hangup])
        #expect(roomy.actions == ["create hangup", "delete 1"])
        let still = SimulatedExtension(own: ["message-in"], foreign: 15).plan()
        #expect(still.actions == ["delete 1"])
        #expect(still.limitProblem?.used == 15)
        #expect(still.limitProblem?.free == 1)
    }

    @Test("more rows than the limit is no free slot, and no crash")
    func overLimit() {
        let plan = SimulatedExtension(foreign: 20).plan()
        #expect(plan.before.free == 0)
        #expect(plan.limitProblem?.used == 20)
    }

    @Test("without a live token nothing is created or changed")
    func noLiveToken() {
        var rows = SimulatedExtension()
        rows.add("hangup", url: "https://our.example/ext-event/\(SimulatedExtension.retired.text)")
        let plan = rows.plan(live: nil)
        #expect(plan.actions == ["keep 1"])
        #expect(plan.missing == ["dial-in", "dial-out", "answer"])
        #expect(plan.limitProblem == nil)
    }

    @Test("a second plan over the result only keeps, and foreign rows stay as they are, whatever there was")
    func convergence() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for round in 0..<10_000 {
            var rows = SimulatedExtension.random(using: &generator)
            let wanted = wantedEvents(for: [.phone, .queue, .unknown].randomElement(using: &generator) ?? .phone)
            let foreign = rows.foreignRows
            let plan = rows.plan(wanted: wanted)
            let isWithinLimit = rows.apply(plan)
            let second = rows.plan(wanted: wanted)
            let isComplete = plan.missing.isEmpty == (plan.limitProblem == nil)
            guard isWithinLimit, second.writes.isEmpty, rows.foreignRows == foreign, isComplete,
                second.missing == plan.missing, second.limitProblem == plan.limitProblem, second.before == plan.after
            else {
                Issue.record("seed \(seed), round \(round): \(plan.actions), then \(second.actions)")
                return
            }
        }
    }

    @Test("a reason is a sentence in each language", arguments: SubscriptionPlan.Reason.allCases)
    func reasons(_ reason: SubscriptionPlan.Reason) {
        expectSentence(reason.text(in: .ru), isRussian: true)
        #expect(reason.text(in: .en).hasSuffix("."))
    }
}
