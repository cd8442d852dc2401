import Telephony

extension Scenario {
    /// Missed calls.
    static let missed: [Scenario] = [
        Scenario(
            "S03 missed in an IVR",
            "8 099 hangup i flow=in num=C name=Ivan to=2566*099@sipproxy.telphin.ru did=D st=ANSWER bridged=no",
            records: "missed incoming missed 2566*099 client=C name=Ivan did=D 8-8 dur=0 rule=5"
        ),
        Scenario("S04, A5 missed in a queue behind an IVR", missedInQueue(ivrArrives: "31"), records: atQueue),
        Scenario("S05, A4 the same, the IVR's hangup comes first", missedInQueue(ivrArrives: "30.1"), records: atQueue),
        Scenario("S06, A6 the queue's hangup comes after the grace", lateQueue, records: atQueue),
        Scenario(
            "S07, A5 two queues: the last one counts",
            twoQueues,
            records: "missed incoming missed 2566*888 user=u888 client=C did=D 10-25 dur=0 rule=5"
        ),
        Scenario(
            "S08, A5 the same, arriving in the opposite order",
            """
            25.1 099 hangup i flow=in num=C did=D bridged=no arrives=26
            25   888 hangup r flow=in num=C did=D bridged=no arrives=27
            10   887 hangup q flow=in num=C did=D bridged=no arrives=28
            """,
            records: "missed incoming missed 2566*888 user=u888 client=C did=D 10-25 dur=0 rule=5"
        ),
        Scenario(
            "S11, A7 Bridged=yes without events of phones",
            """
            30   887 hangup q flow=in num=C bridged=yes
            30.1 099 hangup i flow=in num=C bridged=yes
            """,
            records: ""
        ),
        Scenario(
            "A8 Bridged in other letters",
            "30 887 hangup q flow=in num=C bridged=No",
            records: "missed incoming missed 2566*887 client=C 30-30 dur=0 rule=5"
        ),
        Scenario("A8 Bridged absent is not no", "30 887 hangup q flow=in num=C", records: ""),
        Scenario("A8 Bridged with another word is not no", "30 887 hangup q flow=in num=C bridged=0", records: ""),
        Scenario("S44 an internal caller leaves the queue", internalToQueue, records: ""),
        Scenario(
            "S44 the same, internal calls recorded",
            internalToQueue,
            records: "missed incoming missed 2566*887 client=2566*101 e164=none 30-30 dur=0 internal rule=9",
            settings: TenantSettings(externalOnly: false)
        ),
        Scenario(
            "S46 a queue's attempts to reach agents do not count",
            """
            10   887 hangup x flow=out num=C st=NOANSWER
            20   887 hangup y flow=OUT num=C st=NOANSWER bridged=no
            """,
            records: ""
        ),
        Scenario(
            "S46 a Bridged=yes counts whatever its flow",
            """
            20   887 hangup y flow=out num=C bridged=yes
            30   887 hangup q flow=in num=C bridged=no
            """,
            records: ""
        ),
        Scenario(
            "S47, A10 missed and answered at once are both recorded",
            """
            0    102 dial-in a flow=in num=C did=D st=CALLING
            2    102 answer  a flow=in st=ANSWER
            12   102 hangup  a flow=in st=ANSWER dur=10000000
            12.1 099 hangup  i flow=in num=C bridged=no
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 0-12 answered=2 dur=10000000 rule=2
                missed incoming missed 2566*099 client=C did=D 0-12.1 dur=0 conflict rule=5
                """
        ),
        Scenario(
            "S48 an early Bridged=no is withdrawn by the later yes",
            """
            20   887 hangup  q flow=in num=C bridged=no
            21   102 dial-in a flow=in num=C did=D st=CALLING
            24   102 answer  a flow=in st=ANSWER
            34   102 hangup  a flow=in st=ANSWER dur=10000000
            34.1 888 hangup  r flow=in num=C bridged=yes
            34.2 099 hangup  i flow=in num=C bridged=yes
            """,
            records:
                "leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 21-34 answered=24 dur=10000000 rule=2"
        ),
        Scenario(
            "A20 a hidden caller is missed without a number",
            "8 099 hangup i flow=in did=D bridged=no",
            records: "missed incoming missed 2566*099 did=D 8-8 dur=0 rule=5"
        ),
        Scenario(
            "A20 an anonymous caller keeps the word",
            "8 099 hangup i flow=in num=anonymous did=D bridged=no",
            records: "missed incoming missed 2566*099 client=anonymous e164=none did=D 8-8 dur=0 rule=5"
        ),
        Scenario(
            "A33 what the menu itself answers is no talk",
            """
            0    099 dial-in i flow=in num=C did=D st=CALLING
            0.5  099 answer  i flow=in num=C st=ANSWER
            20   099 hangup  i flow=in num=C st=ANSWER dur=19500000 bridged=no
            """,
            records: "missed incoming missed 2566*099 client=C did=D 0-20 dur=0 rule=5"
        ),
        Scenario(
            "A33 a phone that a call was parked at, and that never talked, is no answered call",
            """
            0    102 dial-in a flow=in num=C did=D st=CALLING
            20   102 hangup  a flow=in st=ANSWER dur=0
            20.1 887 hangup  q flow=in num=C st=ANSWER dur=20000000 bridged=no
            """,
            records: "missed incoming missed 2566*887 client=C did=D 0-20.1 dur=0 rule=5"
        ),
        Scenario(
            "an IVR that no listing knows is known by its Bridged",
            "8 #99999 hangup i flow=in num=C to=2566*098@sipproxy.telphin.ru toid=99999 bridged=no",
            records: "missed incoming missed 2566*098 client=C 8-8 dur=0 rule=5"
        ),
        Scenario("S45 straight to a phone, nobody answers", directUnanswered, records: ""),
        Scenario(
            "A32 straight to phones, nobody answers, the tenant records that",
            directUnanswered,
            records: "missed incoming missed 2566*103 user=u103 client=C did=D 0-20 dur=0 rule=4",
            settings: TenantSettings(directMissed: true)
        ),
        Scenario(
            "A32 an IVR that reported the call decides alone",
            directUnanswered + "\n20.2 099 hangup i flow=in num=C st=ANSWER",
            records: "",
            settings: TenantSettings(directMissed: true)
        ),
        Scenario(
            "A32 an open leg keeps the call undecided",
            directUnanswered + "\n15 101 dial-in c flow=in num=C st=CALLING",
            records: "",
            settings: TenantSettings(directMissed: true)
        ),
        Scenario(
            "A32 an answered leg: nothing was missed",
            directUnanswered
                + """

                15 101 dial-in c flow=in num=C st=CALLING
                16 101 answer  c flow=in st=ANSWER
                26 101 hangup  c flow=in st=ANSWER dur=10000000
                """,
            records:
                "leg/85218-c incoming answered 2566*101 user=u101 client=C did=D 15-26 answered=16 dur=10000000 rule=2",
            settings: TenantSettings(directMissed: true)
        ),
        Scenario(
            "A32 an outgoing leg of the CallID, even one that is not recorded: no direct missed call",
            directUnanswered
                + """

                15 101 dial-out c flow=out num=2566*101 dst=M st=CALLING
                16 101 hangup   c flow=out st=BUSY
                """,
            records: "",
            settings: TenantSettings(recordUnansweredOutgoing: false, directMissed: true)
        ),
        Scenario(
            "rule 18: an internal leg does not stand in the way of a direct missed call",
            directUnanswered
                + """

                16 101 dial-in c flow=in num=2566*102 st=CALLING
                """,
            records: "missed incoming missed 2566*103 user=u103 client=C did=D 0-20 dur=0 rule=4",
            settings: TenantSettings(directMissed: true)
        ),
        Scenario(
            "rule 18: an internal call in vain is no direct missed call",
            """
            0  102 dial-in a flow=in num=2566*101 dst=2566*102 st=CALLING
            9  102 hangup  a flow=in st=NOANSWER
            """,
            records: "",
            settings: TenantSettings(directMissed: true)
        ),
    ]

    static let lateQueue = """
        10  101 dial-in a flow=in num=C did=D st=CALLING
        25  101 hangup  a flow=in st=NOANSWER
        31  099 hangup  i flow=in num=C bridged=no
        30  887 hangup  q flow=in num=C to=2566*887@sipproxy.telphin.ru bridged=no arrives=51
        """

    static let atQueue = "missed incoming missed 2566*887 client=C did=D 10-30 dur=0 rule=5"

    static let twoQueues = """
        10   887 hangup q flow=in num=C did=D bridged=no
        25   888 hangup r flow=in num=C did=D bridged=no
        25.1 099 hangup i flow=in num=C did=D bridged=no
        """

    static let directUnanswered = """
        0  102 dial-in a flow=in num=C did=D st=CALLING
        10 102 hangup  a flow=in st=NOANSWER dur=0
        10 103 dial-in b flow=in num=C did=D st=CALLING
        20 103 hangup  b flow=in st=NOANSWER dur=0
        """

    private static let internalToQueue = "30 887 hangup q flow=in num=2566*101 bridged=no"

    private static func missedInQueue(ivrArrives: String) -> String {
        """
        10  101 dial-in a flow=in num=C did=D st=CALLING
        25  101 hangup  a flow=in st=NOANSWER
        30  887 hangup  q flow=in num=C to=2566*887@sipproxy.telphin.ru bridged=no arrives=30.5
        30  099 hangup  i flow=in num=C to=2566*099@sipproxy.telphin.ru bridged=no arrives=\(ivrArrives)
        """
    }
}
