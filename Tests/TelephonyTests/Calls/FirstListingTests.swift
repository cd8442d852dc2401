import Telephony
import Testing

/// What calls are before the PBX was listed for the first time, and what the listing makes of them.
@Suite("Before the first listing of the PBX")
struct FirstListingTests {
    @Test("S19: a number of the form prefix*extension is internal with and without the listing")
    func fullNumbers() {
        let call = "0 101 dial-out a flow=out dst=2566*102 st=CALLING\n9 101 hangup a flow=out st=NOANSWER"
        #expect(Self.records(call, isListed: false) == [])
        #expect(Self.records(call, isListed: true) == [])
    }

    @Test("S20, A11: a short number is outside until the listing names it")
    func shortNumbers() {
        let call =
            "0 101 dial-out a flow=out dst=102 from=2566*101@sip.ringme.ru fromid=85218 st=CALLING\n9 101 hangup a flow=out st=NOANSWER"
        #expect(
            Self.records(call, isListed: false) == [
                "leg/85218-a outgoing no_answer 2566*101 user=u101 client=102 e164=none 0-9 dur=0 rule=3"
            ]
        )
        #expect(Self.records(call, isListed: true) == [])
    }

    @Test("an extension that is not listed is a phone")
    func phones() {
        let call = """
            0  102 dial-in a flow=in num=C to=2566*102@sipproxy.telphin.ru toid=85219 st=CALLING
            2  102 answer  a flow=in st=ANSWER
            12 102 hangup  a flow=in st=ANSWER dur=10000000
            """
        let record = "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        #expect(Self.records(call, isListed: false) == [record])
        #expect(Self.records(call, isListed: true) == [record])
    }

    @Test("an extension that is not listed and reports Bridged is a menu, and the listing says whether it is a queue")
    func monitored() {
        let call = """
            30   887 hangup q flow=in num=C to=2566*887@sipproxy.telphin.ru toid=96857 bridged=no
            30.1 099 hangup i flow=in num=C to=2566*099@sipproxy.telphin.ru toid=96850 bridged=no
            """
        #expect(
            Self.records(call, isListed: false) == ["missed incoming missed 2566*099 client=C 30-30.1 dur=0 rule=5"]
        )
        #expect(
            Self.records(call, isListed: true) == ["missed incoming missed 2566*887 client=C 30-30 dur=0 rule=5"]
        )
    }

    private static func records(_ events: String, isListed: Bool) -> [String] {
        let scenario = Scenario("listing", events, records: "")
        return scenario.assembly(
            of: scenario.events.map { $0.event() },
            at: 2_000_000,
            directory: isListed ? Scenario.directory : ExtensionDirectory([])
        ).records.map(Scenario.text(of:))
    }
}
