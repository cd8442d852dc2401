import Telephony
import Testing

/// What comes late changes the record that is there, and makes no second one.
@Suite("Corrections")
struct CorrectionTests {
    @Test("S06: a late queue's hangup moves the missed call from the menu to the queue")
    func lateQueue() {
        let (before, after) = Self.corrections(
            "31 099 hangup i flow=in num=C did=D bridged=no",
            late: "30 887 hangup q flow=in num=C did=D bridged=no arrives=60"
        )
        #expect(before == ["missed incoming missed 2566*099 client=C did=D 31-31 dur=0 rule=5"])
        #expect(after == ["missed incoming missed 2566*887 client=C did=D 30-30 dur=0 rule=5"])
    }

    @Test("S48: a late Bridged=yes takes the missed call back")
    func lateBridged() {
        let (before, after) = Self.corrections(
            "31 099 hangup i flow=in num=C did=D bridged=no",
            late: "40 888 hangup q flow=in num=C did=D bridged=yes"
        )
        #expect(before == ["missed incoming missed 2566*099 client=C did=D 31-31 dur=0 rule=5"])
        #expect(after == [])
    }

    @Test("S43, A22: a late RecID is put on the talk's record")
    func lateRecording() {
        let (before, after) = Self.corrections(
            Self.talk,
            late: "12 102 hangup a flow=in st=ANSWER dur=10000000 rec=85219-r arrives=90"
        )
        let record = "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000"
        #expect(before == ["\(record) rule=2"])
        #expect(after == ["\(record) rec=85219-r rule=2"])
    }

    @Test("S30: a late dial-in with RemoteNumber completes the record, or makes an outside call of an internal one")
    func lateDialIn() {
        let dialIn = "0 102 dial-in a flow=in num=2566*101 remote=C st=CALLING arrives=60"
        let complete = "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        let silent = Self.corrections(
            """
            2  102 answer a flow=in st=ANSWER
            12 102 hangup a flow=in st=ANSWER dur=10000000
            """,
            late: dialIn
        )
        #expect(
            silent.before == [
                "leg/85219-a incoming answered 2566*102 user=u102 2-12 answered=2 dur=10000000 partial rule=2"
            ]
        )
        #expect(silent.after == [complete])
        let fromColleague = Self.corrections(
            """
            2  102 answer a flow=in num=2566*101 st=ANSWER
            12 102 hangup a flow=in num=2566*101 st=ANSWER dur=10000000
            """,
            late: dialIn
        )
        #expect(fromColleague.before == [])
        #expect(fromColleague.after == [complete])
    }

    @Test("A15: the late hangup of a stale leg makes its record")
    func lateHangup() {
        let (before, after) = Self.corrections(
            """
            0 102 dial-in a flow=in num=C st=CALLING
            2 102 answer  a flow=in st=ANSWER
            """,
            late: "20000 102 hangup a flow=in st=ANSWER dur=19998000000"
        )
        #expect(before == [])
        #expect(
            after == [
                "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-20000 answered=2 dur=19998000000 rule=2"
            ]
        )
    }

    @Test("S47: a late talk flags the missed call that it contradicts")
    func lateTalk() {
        let (before, after) = Self.corrections("31 099 hangup i flow=in num=C did=D bridged=no", late: Self.talk)
        #expect(before == ["missed incoming missed 2566*099 client=C did=D 31-31 dur=0 rule=5"])
        #expect(
            after == [
                "leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 0-12 answered=2 dur=10000000 rule=2",
                "missed incoming missed 2566*099 client=C did=D 0-31 dur=0 conflict rule=5",
            ]
        )
    }

    @Test("A23: two calls at once between the same numbers are two calls")
    func sameNumbers() {
        let scenario = Scenario("talk", Self.talk, records: "")
        let calls = ["c1", "c2"].map { callID in
            assemble(
                CallInput(
                    callID: CallID(rawValue: callID),
                    events: scenario.events.map { $0.event() },
                    directory: Scenario.directory,
                    history: Scenario.history,
                    settings: TenantSettings(),
                    grace: 0,
                    now: Scenario.instant(100)
                )
            ).records
        }
        #expect(calls.map(\.count) == [1, 1])
        #expect(calls[0].map(\.callID) != calls[1].map(\.callID))
        let inOne = Scenario("talks", Self.talk + "\n" + Self.talk.replacing(" a ", with: " b "), records: "")
        #expect(inOne.assembly().records.map(\.key.rawValue) == ["leg/85219-a", "leg/85219-b"])
    }

    private static let talk = """
        0  102 dial-in a flow=in num=C st=CALLING
        2  102 answer  a flow=in st=ANSWER
        12 102 hangup  a flow=in st=ANSWER dur=10000000
        """

    /// The records without what comes late, and with it.
    private static func corrections(_ events: String, late: String) -> (before: [String], after: [String]) {
        func texts(_ events: String) -> [String] {
            Scenario("correction", events, records: "").assembly().records.map(Scenario.text(of:))
        }
        return (texts(events), texts(events + "\n" + late))
    }
}
