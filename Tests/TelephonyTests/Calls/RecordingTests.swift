import Telephony
import TestSupport
import Testing

/// Rule 12 with what the PBX's call history knows.
@Suite("The recording of a leg")
struct RecordingTests {
    @Test("S43: the call history names the one recording of the one talk that lacks it: same key, only that changed")
    func found() {
        let before = Self.records(Self.talk)
        let after = Self.records(Self.talk, known: [(85219, "85219-R")])
        #expect(before.map(\.recordingID) == [nil])
        #expect(after.map(\.recordingID) == ["85219-R"])
        #expect(after.map(\.key) == before.map(\.key))
        var same = after
        same[0].recordingID = nil
        #expect(same == before)
    }

    @Test("is its own hangup's, whatever the call history knows")
    func own() {
        let talk = Self.talk + " rec=85219-r"
        #expect(Self.records(talk, known: [(85219, "85219-other")]).map(\.recordingID) == ["85219-r"])
    }

    @Test("is no other extension's")
    func otherExtension() {
        #expect(Self.records(Self.talk, known: [(85218, "85218-r")]).map(\.recordingID) == [nil])
    }

    @Test("is unknown while two recordings are left, but not when one of them is another leg's in other letters")
    func twoRecordings() {
        let known: [(Int64, String)] = [(85219, "85219-rb"), (85219, "85219-R2")]
        #expect(Self.records(Self.talk, known: known).map(\.recordingID) == [nil])
        let second = """
            100 102 dial-in b flow=in num=M st=CALLING
            102 102 answer  b flow=in st=ANSWER
            112 102 hangup  b flow=in st=ANSWER dur=10000000 rec=85219-Rb
            """
        let texts = Self.records(Self.talk + "\n" + second, known: known).map(\.recordingID)
        #expect(texts == ["85219-R2", "85219-Rb"])
    }

    @Test("is unknown while two talks of the extension lack one, also when one of them has not ended")
    func twoTalks() {
        let open = """
            100 102 dial-in b flow=in num=M st=CALLING
            102 102 answer  b flow=in st=ANSWER
            """
        let known: [(Int64, String)] = [(85219, "85219-R")]
        #expect(Self.records(Self.talk + "\n" + open, known: known).map(\.recordingID) == [nil])
        let closed = open + "\n112 102 hangup b flow=in st=ANSWER dur=10000000"
        #expect(Self.records(Self.talk + "\n" + closed, known: known).map(\.recordingID) == [nil, nil])
        let inVain = "100 102 dial-in b flow=in num=M st=CALLING\n110 102 hangup b flow=in st=NOANSWER"
        #expect(Self.records(Self.talk + "\n" + inVain, known: known).map(\.recordingID) == ["85219-R"])
    }

    @Test("A22: an unanswered leg has none, whatever the call history knows")
    func unanswered() {
        let call = "0 102 dial-out a flow=out num=2566*102 dst=C st=CALLING\n9 102 hangup a flow=out st=BUSY dur=0"
        let records = Self.records(call, known: [(85219, "85219-r")])
        #expect(records.map(\.status) == [.busy])
        #expect(records.map(\.recordingID) == [nil])
    }

    @Test("is one recording however often, in whatever letters and in whatever order the call history lists it")
    func repeated() {
        let known: [(Int64, String)] = [(85219, "85219-r"), (85219, "85219-R"), (85219, "85219-r"), (85218, "85218-x")]
        #expect(Self.records(Self.talk, known: known).map(\.recordingID) == ["85219-R"])
        #expect(Self.records(Self.talk, known: known.reversed()).map(\.recordingID) == ["85219-R"])
    }

    private static let talk = """
        0  102 dial-in a flow=in num=C st=CALLING
        2  102 answer  a flow=in st=ANSWER
        12 102 hangup  a flow=in st=ANSWER dur=10000000
        """

    private static func records(_ events: String, known: [(Int64, String)] = []) -> [CallRecord] {
        let scenario = Scenario("recording", events, records: "")
        return scenario.assembly(
            of: scenario.events.map { $0.event() },
            at: 2_000_000,
            recordings: known.map { id, recording in
                KnownRecording(extensionID: ExtensionID(rawValue: id), recordingID: recording)
            }
        ).records
    }
}
