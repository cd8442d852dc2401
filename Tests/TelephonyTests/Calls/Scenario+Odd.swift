import Telephony

extension Scenario {
    /// Contradictions, gaps and nonsense.
    static let odd: [Scenario] = [
        Scenario(
            "S38 a talk of 24 hours",
            answered(hangup: "dur=86400000000"),
            records: answeredRecord("dur=86400000000 rule=2")
        ),
        Scenario("S39, A19 a negative duration", answered(hangup: "dur=-5"), records: unknownDuration),
        Scenario("S39 a duration that is no number", answered(hangup: "dur=12s"), records: unknownDuration),
        Scenario("S39 an empty duration", answered(hangup: "dur="), records: unknownDuration),
        Scenario("A19 a duration over 64 bits", answered(hangup: "dur=99999999999999999999"), records: unknownDuration),
        Scenario("S43 no recording", answered(hangup: "dur=1"), records: answeredRecord("dur=1 rule=2")),
        Scenario(
            "A22 the recording comes with a later hangup event",
            answered(hangup: "dur=7") + "\n12 102 hangup a flow=in st=ANSWER dur=7 rec=R1 arrives=40",
            records: answeredRecord("dur=7 rec=R1 rule=2")
        ),
        Scenario(
            "A22 of two recordings the latest hangup's counts, though another hangup is later still",
            answered(hangup: "dur=7 rec=R1")
                + """

                13 102 hangup a flow=in st=ANSWER dur=8 rec=R2
                14 102 hangup a flow=in st=ANSWER dur=9
                """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C 0-14 answered=2 dur=9 rec=R2 rule=2
                """
        ),
        Scenario(
            "rule 1: of several hangups the latest counts, and their contradiction is flagged",
            answered(hangup: "dur=7") + "\n11 102 hangup a flow=in st=CANCEL dur=0",
            records: answeredRecord("dur=7 conflict rule=2")
        ),
        Scenario(
            "A16 hangups at one instant: ANSWER comes first",
            answered(hangup: "dur=7") + "\n12 102 hangup a flow=in st=NOANSWER dur=0",
            records: answeredRecord("dur=7 conflict rule=2")
        ),
        Scenario(
            "A16 hangups at one instant: the longer duration comes first",
            answered(hangup: "dur=7") + "\n12 102 hangup a flow=in st=ANSWER dur=8",
            records: answeredRecord("dur=8 rule=2")
        ),
        Scenario(
            "rule 1: answer and talk time outweigh the hangup's status",
            """
            0  102 dial-out a flow=out num=2566*102 dst=C st=CALLING
            2  102 answer   a flow=out st=ANSWER
            12 102 hangup   a flow=out st=CANCEL dur=10000000
            """,
            records: """
                leg/85219-a outgoing answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 conflict rule=3
                """
        ),
        Scenario(
            "rule 1: an answer without talk time does not outweigh the hangup's status",
            """
            0  102 dial-out a flow=out num=2566*102 dst=C st=CALLING
            2  102 answer   a flow=out st=ANSWER
            12 102 hangup   a flow=out st=CANCEL
            """,
            records: "leg/85219-a outgoing cancelled 2566*102 user=u102 client=C 0-12 dur=0 conflict rule=3"
        ),
        Scenario(
            "rule 1: ANSWER with an answer event and no talk time is answered",
            answered(hangup: "dur=0"),
            records: answeredRecord("dur=0 rule=2")
        ),
        Scenario(
            "A21 what the dial event says comes first, though a clock is off",
            """
            1  102 dial-in a flow=in num=C name=Ivan did=D st=CALLING
            0  102 answer  a flow=in num=M name=Anna did=M st=ANSWER
            12 102 hangup  a flow=in num=M st=ANSWER dur=10000000
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C name=Ivan did=D 0-12 answered=0 dur=10000000 \
                rule=2
                """
        ),
        Scenario(
            "an answer after the hangup, by a clock that is off, is not after the end",
            """
            0  102 dial-in a flow=in num=C st=CALLING
            13 102 answer  a flow=in st=ANSWER
            12 102 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=12 dur=10000000 rule=2"
        ),
        Scenario(
            "no SubCallID: the extension is the leg",
            """
            0  102 dial-in - flow=in num=C st=CALLING
            2  102 answer  - flow=in st=ANSWER
            12 102 hangup  - flow=in st=ANSWER dur=10000000
            0  101 dial-in - flow=in num=C st=CALLING
            2  101 hangup  - flow=in st=CANCEL
            """,
            records: """
                extension/85219 incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 \
                no_sub_call_id rule=2
                """
        ),
        Scenario(
            "no EventTime: the arrival stands in, and the record says so",
            """
            0  102 dial-in a flow=in num=C st=CALLING
            2  102 answer  a flow=in st=ANSWER time= arrives=3
            12 102 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=3 dur=10000000 bad_event_time rule=2
                """,
            dependsOnArrival: true
        ),
        Scenario(
            "A27 an EventTime more than a day off is not believed",
            """
            0  102 dial-in a flow=in num=C st=CALLING time=1502985686478202 arrives=1
            2  102 answer  a flow=in st=ANSWER
            12 102 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C 1-12 answered=2 dur=10000000 bad_event_time rule=2
                """,
            dependsOnArrival: true
        ),
        Scenario(
            "S50, A28 messages, voicemail, presence and unknown types make no call",
            """
            0  102 message-in  a num=C
            1  102 voicemail   b num=C
            2  102 agent-login c num=C
            3  102 new-type    d num=C
            """,
            records: ""
        ),
        Scenario(
            "an extension that is no phone, IVR or queue makes no call",
            """
            0  105 dial-in a flow=in num=C st=CALLING
            2  105 hangup  a flow=in st=ANSWER dur=2000000
            """,
            records: ""
        ),
        Scenario(
            "A1 two talks of one CallID are two records, whatever their numbers",
            answered(hangup: "dur=7")
                + """

                0  103 dial-in b flow=in num=C st=CALLING
                2  103 answer  b flow=in st=ANSWER
                12 103 hangup  b flow=in st=ANSWER dur=7
                """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=7 rule=2
                leg/85220-b incoming answered 2566*103 user=u103 client=C 0-12 answered=2 dur=7 rule=2
                """
        ),
    ]

    private static func answered(hangup fields: String) -> String {
        """
        0  102 dial-in a flow=in num=C st=CALLING
        2  102 answer  a flow=in st=ANSWER
        12 102 hangup  a flow=in st=ANSWER \(fields)
        """
    }

    private static func answeredRecord(_ rest: String) -> String {
        "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 \(rest)"
    }

    private static let unknownDuration = answeredRecord("dur=none bad_duration rule=2")
}
