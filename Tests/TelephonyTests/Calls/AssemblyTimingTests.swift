import Telephony
import Testing

@Suite("Time in assembling a call")
struct AssemblyTimingTests {
    @Test("S06, A6: the missed call is written at the IVR after the grace, and moves to the queue under the same key")
    func lateQueue() {
        let scenario = Scenario("late queue", Scenario.lateQueue, records: "")
        let known = scenario.events.filter { $0.arrival < 50 }.map { $0.event() }
        let before = scenario.assembly(of: known, at: 36)
        #expect(before.records.isEmpty)
        #expect(before.nextDue == Scenario.instant(36.05))
        #expect(before.trace.map(\.reason) == [.unansweredIncoming, .waitingForGrace])

        let written = scenario.assembly(of: known, at: 36.05)
        #expect(written.nextDue == nil)
        #expect(
            written.records.map(Scenario.text(of:)) == [
                "missed incoming missed 2566*099 client=C did=D 10-31 dur=0 rule=5"
            ]
        )

        let moved = scenario.assembly(of: scenario.events.map { $0.event() }, at: 51)
        #expect(moved.records.map(Scenario.text(of:)) == [Scenario.atQueue])
        #expect(moved.records.map(\.key) == written.records.map(\.key))
    }

    @Test("S48: a Bridged=yes after the grace takes the missed call back")
    func withdrawn() {
        let scenario = Scenario(
            "withdrawn",
            """
            20 887 hangup q flow=in num=C bridged=no
            60 099 hangup i flow=in num=C bridged=yes
            """,
            records: ""
        )
        #expect(scenario.assembly(of: scenario.events.prefix(1).map { $0.event() }, at: 30).records.count == 1)
        #expect(scenario.assembly(of: scenario.events.map { $0.event() }, at: 61).records.isEmpty)
    }

    @Test("the grace runs from the arrival of the first hangup that said no")
    func graceStart() {
        let scenario = Scenario("two queues", Scenario.twoQueues, records: "")
        #expect(scenario.assembly(at: 11).nextDue == Scenario.instant(15.05))
        #expect(scenario.assembly(at: 15.05).records.count == 1)
    }

    @Test("A17: the repetition of an event does not start its grace again")
    func repeatedHangup() {
        let scenario = Scenario(
            "repeated",
            """
            20 887 hangup q flow=in num=C bridged=no
            20 887 hangup q flow=in num=C bridged=no arrives=60
            """,
            records: ""
        )
        let events = scenario.events.map { $0.event() }
        for order in [events, events.reversed()] {
            #expect(scenario.assembly(of: order, at: 61).records.count == 1)
        }
    }

    @Test("A17: thousands of events that differ in a field nobody knows, each twice, are a call like any other")
    func crowd() {
        let scenario = Scenario("crowd", "0 102 dial-in a flow=in num=C st=CALLING", records: "")
        let plain = scenario.events.map { $0.event() }
        let crowd = (0..<5_000).flatMap { number -> [CallEvent] in
            let fields = EventFields([("CallID", Scenario.callID.rawValue), ("Note", "\(number)")])
            let event = CallEvent(extensionID: plain[0].extensionID, arrivedAt: Scenario.instant(1), fields: fields)
            return [event, event]
        }
        let assembly = scenario.assembly(of: crowd + plain, at: 60)
        #expect(assembly.records.isEmpty)
        #expect(Set(assembly.trace.map(\.reason)) == [.waitingForHangup, .notAssembled])
    }

    @Test("answered calls do not wait for any grace")
    func answeredAtOnce() throws {
        let scenario = try #require(Scenario.incoming.first)
        let events = scenario.events.prefix(3).map { $0.event() }
        let assembly = scenario.assembly(of: events, at: 63.05)
        #expect(assembly.records.map(Scenario.text(of:)) == scenario.expected)
        #expect(assembly.nextDue == nil)
    }

    @Test("S34, A15: a leg without a hangup is open, then stale, and a late hangup still wins")
    func stale() {
        let scenario = Scenario(
            "no hangup",
            """
            0     102 dial-in a flow=in num=C st=CALLING
            2     102 answer  a flow=in st=ANSWER
            20000 102 hangup  a flow=in st=ANSWER dur=19998000000
            """,
            records: ""
        )
        let known = scenario.events.prefix(2).map { $0.event() }
        let open = scenario.assembly(of: known, at: 60)
        #expect(open.trace.map(\.outcome) == [.open])
        #expect(open.trace.map(\.reason) == [.waitingForHangup])
        #expect(open.staleLegs.isEmpty)
        #expect(open.nextDue == Scenario.instant(14_400.05))

        let stale = scenario.assembly(of: known, at: 14_400.05)
        #expect(stale.records.isEmpty)
        #expect(stale.nextDue == nil)
        #expect(stale.trace.map(\.reason) == [.stale])
        #expect(
            stale.staleLegs == [
                StaleLeg(
                    subCallID: "85219-a",
                    extensionID: ExtensionID(rawValue: 85219),
                    extensionName: "2566*102",
                    since: Scenario.instant(0.05)
                )
            ]
        )

        let closed = scenario.assembly(at: 20_001)
        #expect(closed.staleLegs.isEmpty)
        #expect(closed.records.map(\.durationMicroseconds) == [19_998_000_000])
    }

    @Test("rule 4: a direct missed call waits for the grace after the last hangup")
    func directMissed() {
        let settings = TenantSettings(directMissed: true)
        let scenario = Scenario("direct", Scenario.directUnanswered, records: "", settings: settings)
        #expect(scenario.assembly(at: 21).records.isEmpty)
        #expect(scenario.assembly(at: 21).nextDue == Scenario.instant(25.05))
        #expect(scenario.assembly(at: 25.05).records.map(\.key) == [.missed])
    }

    @Test("rule 7: a callback leg waits for the grace, and steps back for a missed call that waits for its own")
    func callback() {
        let scenario = Scenario(
            "callback",
            """
            0  101 dial-out a flow=out num=2566*101 dst=C callback=cb1
            3  101 answer   a flow=out st=ANSWER
            40 101 hangup   a flow=out st=ANSWER dur=37000000
            44 099 hangup   i flow=in num=C bridged=no
            """,
            records: ""
        )
        let alone = scenario.events.prefix(3).map { $0.event() }
        #expect(scenario.assembly(of: alone, at: 41).records.isEmpty)
        #expect(scenario.assembly(of: alone, at: 41).nextDue == Scenario.instant(45.05))
        #expect(scenario.assembly(of: alone, at: 45.05).records.map(\.rule) == ["7"])
        #expect(scenario.assembly(at: 46).records.isEmpty)
        #expect(scenario.assembly(at: 49.05).records.map(\.key) == [.missed])
    }

    @Test("A24: the user is the one whom the extension belonged to when the leg's first event arrived")
    func attribution() {
        let extensionID = ExtensionID(rawValue: 85219)
        let leg = """
            0  102 dial-in a flow=in num=C st=CALLING
            2  102 answer  a flow=in st=ANSWER
            12 102 hangup  a flow=in st=ANSWER dur=10000000
            """
        let events = Scenario("moved", leg, records: "").events.map { $0.event() }
        func user(_ periods: [(user: String?, from: Double, until: Double?)]) -> UserID? {
            let history = periods.map { period in
                MappingPeriod(
                    extensionID: extensionID,
                    userID: period.user.map(UserID.init(rawValue:)),
                    from: Scenario.instant(period.from),
                    until: period.until.map(Scenario.instant)
                )
            }
            let input = CallInput(
                callID: Scenario.callID,
                events: events,
                directory: Scenario.directory,
                history: history,
                settings: TenantSettings(),
                grace: 0,
                now: Scenario.instant(100)
            )
            return assemble(input).records.first?.userID
        }
        #expect(user([("a", -10, 5), ("b", 5, nil)])?.rawValue == "a")
        #expect(user([("a", -10, 0.05), ("b", 0.05, nil)])?.rawValue == "b")
        #expect(user([("a", -10, 5)])?.rawValue == "a")
        #expect(user([("a", -10, 0.05)]) == nil)
        #expect(user([("b", 5, nil)]) == nil)
        #expect(user([]) == nil)
    }
}
