import Telephony

extension Scenario {
    /// Answered incoming calls.
    static let incoming: [Scenario] = [
        Scenario(
            "S01 incoming through an IVR, answered",
            """
            0    102 dial-in a flow=in num=C name=Ivan dst=2566*102 did=D st=CALLING
            2    102 answer  a flow=in num=C dst=2566*102 st=ANSWER
            63   102 hangup  a flow=in num=C dst=2566*102 st=ANSWER dur=61000000 rec=85219-r
            63.1 099 hangup  i flow=in num=C to=2566*099@sipproxy.telphin.ru did=D bridged=yes
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C name=Ivan did=D 0-63 answered=2 dur=61000000 \
                rec=85219-r rule=2
                """
        ),
        Scenario(
            "S02, A2 three phones ring, 102 answers",
            """
            0    101 dial-in a flow=in num=C dst=2566*101 did=D st=CALLING
            0    102 dial-in b flow=in num=C dst=2566*102 did=D st=CALLING
            0    103 dial-in c flow=in num=C dst=2566*103 did=D st=CALLING
            4    102 answer  b flow=in st=ANSWER
            4.1  101 hangup  a flow=in st=CANCEL dur=0
            4.1  103 hangup  c flow=in st=NOANSWER
            34   102 hangup  b flow=in st=ANSWER dur=30000000
            34.2 887 hangup  q flow=in num=C bridged=yes
            """,
            records: """
                leg/85219-b incoming answered 2566*102 user=u102 client=C did=D 0-34 answered=4 dur=30000000 rule=2
                """
        ),
        Scenario(
            "A2 a losing phone's hangup comes after the winner's",
            """
            0    101 dial-in a flow=in num=C st=CALLING
            0    102 dial-in b flow=in num=C st=CALLING
            4    102 answer  b flow=in st=ANSWER
            34   102 hangup  b flow=in st=ANSWER dur=30000000
            35   101 hangup  a flow=in st=CANCEL
            """,
            records: "leg/85219-b incoming answered 2566*102 user=u102 client=C 0-34 answered=4 dur=30000000 rule=2"
        ),
        Scenario(
            "S09, A3 a queue rings 101 twice, the second time it answers",
            """
            0    101 dial-in a flow=in num=C did=D st=CALLING
            10   101 hangup  a flow=in st=NOANSWER dur=0
            12   101 dial-in b flow=in num=C did=D st=CALLING
            15   101 answer  b flow=in st=ANSWER
            25   101 hangup  b flow=in st=ANSWER dur=10000000
            """,
            records: """
                leg/85218-b incoming answered 2566*101 user=u101 client=C did=D 12-25 answered=15 dur=10000000 rule=2
                """
        ),
        Scenario(
            "S10 a queue that rings a phone does not make the call internal",
            """
            0    102 dial-in a flow=in num=C did=D from=2566*887@sipproxy.telphin.ru fromid=96857 \
            to=2566*102@sipproxy.telphin.ru toid=85219 dst=2566*102 st=CALLING
            3    102 answer  a flow=in num=C from=2566*887 fromid=96857 to=2566*102 toid=85219 st=ANSWER
            13   102 hangup  a flow=in num=C from=2566*887 fromid=96857 to=2566*102 toid=85219 st=ANSWER dur=10000000
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 0-13 answered=3 dur=10000000 rule=2
                """
        ),
        Scenario(
            "S21 a blind transfer gives two records with the client's number",
            """
            0    101 dial-in a flow=in num=C did=D dst=2566*101 st=CALLING
            2    101 answer  a flow=in st=ANSWER
            32   101 hangup  a flow=in st=ANSWER dur=30000000
            32.5 102 dial-in b flow=in num=2566*101 name=Colleague dst=2566*102 remote=C st=CALLING
            35   102 answer  b flow=in num=2566*101 dst=2566*102 st=ANSWER
            80   102 hangup  b flow=in num=2566*101 dst=2566*102 st=ANSWER dur=45000000
            80.1 099 hangup  i flow=in num=C bridged=yes
            """,
            records: """
                leg/85218-a incoming answered 2566*101 user=u101 client=C did=D 0-32 answered=2 dur=30000000 rule=2
                leg/85219-b incoming answered 2566*102 user=u102 client=C did=D 32.5-80 answered=35 dur=45000000 rule=2
                """
        ),
        Scenario(
            "S22 an attended transfer: the local dial-out leg gives nothing",
            """
            0    101 dial-in  a flow=in num=C dst=2566*101 st=CALLING
            2    101 answer   a flow=in st=ANSWER
            20   101 dial-out x flow=out num=2566*101 dst=2566*102 st=CALLING
            20.1 102 dial-in  b flow=in num=2566*101 dst=2566*102 remote=C st=CALLING
            22   102 answer   b flow=in st=ANSWER
            22   101 answer   x flow=out st=ANSWER
            30   101 hangup   x flow=out st=ANSWER dur=8000000
            30   101 hangup   a flow=in st=ANSWER dur=28000000
            60   102 hangup   b flow=in st=ANSWER dur=38000000
            """,
            records: """
                leg/85218-a incoming answered 2566*101 user=u101 client=C 0-30 answered=2 dur=28000000 rule=2
                leg/85219-b incoming answered 2566*102 user=u102 client=C 20.1-60 answered=22 dur=38000000 rule=2
                """
        ),
        Scenario(
            "S23 a transfer that 102 does not take",
            """
            0    101 dial-in a flow=in num=C did=D st=CALLING
            2    101 answer  a flow=in st=ANSWER
            32   101 hangup  a flow=in st=ANSWER dur=30000000
            32.5 102 dial-in b flow=in num=2566*101 remote=C st=CALLING
            50   102 hangup  b flow=in num=2566*101 st=NOANSWER
            """,
            records: """
                leg/85218-a incoming answered 2566*101 user=u101 client=C did=D 0-32 answered=2 dur=30000000 rule=2
                """
        ),
        Scenario(
            "S29 the answer event has a later arrival than the hangup",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            2    102 answer  a flow=in st=ANSWER arrives=14
            12   102 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S30 the dial event comes last and brings the RemoteNumber",
            """
            12   102 hangup  a flow=in num=2566*101 st=ANSWER dur=10000000
            2    102 answer  a flow=in num=2566*101 st=ANSWER
            0    102 dial-in a flow=in num=2566*101 remote=C st=CALLING arrives=20
            """,
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S31, A17 every event twice",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            2    102 answer  a flow=in st=ANSWER
            12   102 hangup  a flow=in st=ANSWER dur=10000000
            0    102 dial-in a flow=in num=C st=CALLING arrives=3
            2    102 answer  a flow=in st=ANSWER arrives=5
            12   102 hangup  a flow=in st=ANSWER dur=10000000 arrives=15
            """,
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S32, A14 the dial event is missing",
            """
            2    102 answer  a flow=in num=C dst=2566*102 did=D st=ANSWER
            12   102 hangup  a flow=in num=C dst=2566*102 did=D st=ANSWER dur=10000000
            """,
            records: """
                leg/85219-a incoming answered 2566*102 user=u102 client=C did=D 2-12 answered=2 dur=10000000 partial rule=2
                """
        ),
        Scenario(
            "S33 the answer event is missing, the hangup has talk time",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            12   102 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 dur=10000000 partial rule=2"
        ),
        Scenario(
            "S33 the answer event is missing, the talk time is exactly 0",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            12   102 hangup  a flow=in st=ANSWER dur=0
            """,
            records: ""
        ),
        Scenario(
            "S33 the answer event and the talk time are missing",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            12   102 hangup  a flow=in st=ANSWER
            """,
            records:
                "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 dur=none partial bad_duration rule=2"
        ),
        Scenario(
            "S34 the hangup is missing",
            """
            0    102 dial-in a flow=in num=C st=CALLING
            2    102 answer  a flow=in st=ANSWER
            """,
            records: ""
        ),
        Scenario(
            "S40 with a domain in CalledExtension and none in CalledNumber it is the same extension",
            """
            0    #99999 dial-in a flow=in num=C dst=2566*109 to=2566*109@sipproxy.telphin.ru toid=99999 \
            from=2566*887@sipproxy.telphin.ru fromid=96857 st=CALLING
            2    #99999 answer  a flow=in num=C dst=2566*109 st=ANSWER
            12   #99999 hangup  a flow=in num=C dst=2566*109 st=ANSWER dur=10000000
            """,
            records: "leg/99999-a incoming answered 2566*109 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S42 ids in capitals belong to the same leg",
            """
            0    102 dial-in AB flow=IN num=C st=calling
            2    102 answer  ab flow=in st=ANSWER
            12   102 hangup  Ab flow=In st=Answer dur=10000000
            """,
            records: "leg/85219-ab incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S49 an extension that is mapped to nobody",
            """
            0    104 dial-in a flow=in num=C st=CALLING
            2    104 answer  a flow=in st=ANSWER
            12   104 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: "leg/85221-a incoming answered 2566*104 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
        Scenario(
            "S49 an extension that no listing of the PBX knows",
            """
            0    #99999 dial-in a flow=in num=C to=2566*109@sipproxy.telphin.ru toid=99999 st=CALLING
            2    #99999 answer  a flow=in st=ANSWER
            12   #99999 hangup  a flow=in st=ANSWER dur=10000000
            """,
            records: "leg/99999-a incoming answered 2566*109 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
    ]
}
