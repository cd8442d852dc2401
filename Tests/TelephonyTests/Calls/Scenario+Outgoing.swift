import Telephony

extension Scenario {
    /// Outgoing calls, forwards and calls that the API starts.
    static let outgoing: [Scenario] =
        [
            Scenario(
                "S12 outgoing, answered",
                """
                0     102 dial-out a flow=out num=2566*102 name=Manager dst=C from=2566*102 fromid=85219 st=CALLING
                11    102 answer   a flow=out num=2566*102 dst=C st=ANSWER
                22.4  102 hangup   a flow=out num=2566*102 dst=C st=ANSWER dur=11420018 rec=10500-1
                """,
                records: """
                    leg/85219-a outgoing answered 2566*102 user=u102 client=C 0-22.4 answered=11 dur=11420018 \
                    rec=10500-1 rule=3
                    """
            )
        ]
        + [
            ("S13 outgoing, BUSY", "BUSY", "busy"),
            ("S14 outgoing, CANCEL", "CANCEL", "cancelled"),
            ("S15 outgoing, NOANSWER", "NOANSWER", "no_answer"),
            ("S16 outgoing, CONGESTION", "CONGESTION", "failed"),
            ("S17 outgoing, CHANUNAVAIL", "CHANUNAVAIL", "failed"),
            ("S18 outgoing, a status that the vendor does not list", "REDIRECTED", "failed"),
        ].map { (name, vendorStatus, status) in
            Scenario(
                name,
                """
                0  102 dial-out a flow=out num=2566*102 dst=C st=CALLING
                9  102 hangup   a flow=out num=2566*102 dst=C st=\(vendorStatus) dur=0 rec=85219-early
                """,
                records: "leg/85219-a outgoing \(status) 2566*102 user=u102 client=C 0-9 dur=0 rule=3"
            )
        }
        + [
            Scenario(
                "unanswered outgoing calls are not recorded when the tenant says so",
                """
                0  102 dial-out a flow=out num=2566*102 dst=C st=CALLING
                9  102 hangup   a flow=out num=2566*102 dst=C st=BUSY
                """,
                records: "",
                settings: TenantSettings(recordUnansweredOutgoing: false)
            ),
            Scenario(
                "S28 a phone's own call through the API is an outgoing call like any other",
                """
                0  102 dial-out a flow=out num=2566*102 dst=C from=2566*102@sipproxy.telphin.ru fromid=85219 st=CALLING
                3  102 answer   a flow=out st=ANSWER
                13 102 hangup   a flow=out st=ANSWER dur=10000000
                """,
                records: """
                    leg/85219-a outgoing answered 2566*102 user=u102 client=C 0-13 answered=3 dur=10000000 rule=3
                    """
            ),
            Scenario(
                "S40 a domain in CallerExtension is no part of the name",
                """
                0  #99999 dial-out a flow=out num=2566*109 dst=C from=2566*109@sipproxy.telphin.ru fromid=99999 st=CALLING
                9  #99999 hangup   a flow=out num=2566*109 dst=C st=NOANSWER
                """,
                records: "leg/99999-a outgoing no_answer 2566*109 client=C 0-9 dur=0 rule=3"
            ),
            Scenario(
                "A14 outgoing, only the hangup came",
                "9  102 hangup a flow=out num=2566*102 dst=C st=NOANSWER",
                records: "leg/85219-a outgoing no_answer 2566*102 user=u102 client=C 9-9 dur=0 partial rule=3"
            ),
            Scenario(
                "S24 a forward to a mobile is outgoing and transferred",
                """
                0    102 dial-in  a flow=in num=C did=D st=CALLING
                15   102 hangup   a flow=in st=NOANSWER
                15.1 102 dial-out b flow=out num=C dst=M transfered=yes from=2566*102 fromid=85219 st=CALLING
                20   102 answer   b flow=out st=ANSWER transfered=yes
                50   102 hangup   b flow=out st=ANSWER transfered=yes dur=30000000
                """,
                records: """
                    leg/85219-b outgoing answered 2566*102 user=u102 client=M did=D 15.1-50 answered=20 dur=30000000 \
                    transferred rule=10
                    """
            ),
            Scenario(
                "S25 a forward from an IVR to a mobile is missed by the letter",
                """
                0    099 dial-out x flow=out num=C dst=M transfered=yes st=CALLING
                30   099 hangup   x flow=out st=ANSWER transfered=yes dur=20000000
                30.1 099 hangup   i flow=in num=C to=2566*099 did=D bridged=no
                """,
                records: "missed incoming missed 2566*099 client=C did=D 0-30.1 dur=0 rule=5"
            ),
            Scenario(
                "A13 a forward between extensions is no external call",
                forwardInside,
                records: """
                    leg/85220-b incoming answered 2566*103 user=u103 client=C did=D 5.2-30 answered=9 dur=21000000 rule=2
                    """
            ),
            Scenario(
                "A13 a forward between extensions, internal calls recorded",
                forwardInside,
                records: """
                    leg/85219-x outgoing answered 2566*102 user=u102 client=2566*103 e164=none did=D 5.1-30 answered=9 \
                    dur=21000000 transferred internal rule=9
                    leg/85220-b incoming answered 2566*103 user=u103 client=C did=D 5.2-30 answered=9 dur=21000000 rule=2
                    """,
                settings: TenantSettings(externalOnly: false)
            ),
            Scenario(
                "S26, A9 a website's callback that nobody takes is missed",
                """
                0    101 dial-out a flow=out num=2566*101 dst=C callback=cb1 st=CALLING
                3    101 answer   a flow=out st=ANSWER
                40   101 hangup   a flow=out st=ANSWER dur=37000000
                40.2 099 hangup   i flow=in num=C to=2566*099 bridged=no
                """,
                records: "missed incoming missed 2566*099 client=C 0-40.2 dur=0 callback=cb1 rule=5"
            ),
            Scenario(
                "S27 a website's callback that 102 takes is 102's call",
                """
                0    101 dial-out a flow=out num=2566*101 dst=C callback=cb1 st=CALLING
                3    101 answer   a flow=out st=ANSWER
                5    102 dial-in  b flow=in num=C dst=2566*102 st=CALLING
                9    102 answer   b flow=in st=ANSWER
                40   101 hangup   a flow=out st=ANSWER dur=37000000
                40   102 hangup   b flow=in st=ANSWER dur=31000000
                40.2 099 hangup   i flow=in num=C bridged=yes
                """,
                records: """
                    leg/85219-b incoming answered 2566*102 user=u102 client=C 5-40 answered=9 dur=31000000 callback=cb1 \
                    rule=2
                    """
            ),
            Scenario(
                "rule 7: of several callback legs alone the answered one counts; without their dial events, too",
                """
                3    101 answer   a flow=out num=2566*101 dst=C callback=cb1 st=ANSWER
                40   101 hangup   a flow=out num=2566*101 dst=C callback=cb1 st=ANSWER dur=37000000
                0    103 dial-out b flow=out num=2566*103 dst=C callback=cb1 st=CALLING
                2    103 hangup   b flow=out st=BUSY
                """,
                records: """
                    leg/85218-a outgoing answered 2566*101 client=C 3-40 answered=3 dur=37000000 callback=cb1 partial rule=7
                    """
            ),
            Scenario(
                "rule 7: a callback leg alone becomes an outgoing call of nobody",
                """
                0    101 dial-out a flow=out num=2566*101 dst=C callback=cb1 st=CALLING
                3    101 answer   a flow=out st=ANSWER
                40   101 hangup   a flow=out st=ANSWER dur=37000000
                """,
                records: """
                    leg/85218-a outgoing answered 2566*101 client=C 0-40 answered=3 dur=37000000 callback=cb1 rule=7
                    """
            ),
        ]

    private static let forwardInside = """
        0    102 dial-in  a flow=in num=C did=D st=CALLING
        5    102 hangup   a flow=in st=NOANSWER
        5.1  102 dial-out x flow=out num=C dst=2566*103 transfered=yes from=2566*102 fromid=85219 to=2566*103 toid=85220
        9    102 answer   x flow=out st=ANSWER transfered=yes
        30   102 hangup   x flow=out st=ANSWER transfered=yes dur=21000000
        5.2  103 dial-in  b flow=in num=C st=CALLING
        9    103 answer   b flow=in st=ANSWER
        30   103 hangup   b flow=in st=ANSWER dur=21000000
        """
}
