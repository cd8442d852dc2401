import Telephony

extension Scenario {
    /// Calls inside the PBX.
    static let internalCalls: [Scenario] = [
        Scenario("S19 an internal call is no record", internalCall, records: ""),
        Scenario(
            "S19 the same, internal calls recorded",
            internalCall,
            records: """
                leg/85218-a outgoing answered 2566*101 user=u101 client=2566*102 e164=none 0-12 answered=2 dur=10000000 \
                internal rule=9
                leg/85219-b incoming answered 2566*102 user=u102 client=2566*101 e164=none name=Anna 0-12 answered=2 \
                dur=10000000 internal rule=9
                """,
            settings: TenantSettings(externalOnly: false)
        ),
        Scenario("S20 internal by the short name", dialOut(to: "102"), records: ""),
        Scenario("A11 internal with a domain", dialOut(to: "2566*102@sipproxy.telphin.ru"), records: ""),
        Scenario("A11 internal to an extension without mapping", dialOut(to: "104"), records: ""),
        Scenario("A11 internal to a fax", dialOut(to: "105"), records: ""),
        Scenario("A11 internal by its form alone", dialOut(to: "3000*17"), records: ""),
        Scenario(
            "A11 a number that is like an extension's but no extension is external",
            dialOut(to: "112"),
            records: "leg/85218-a outgoing no_answer 2566*101 user=u101 client=112 e164=none 0-9 dur=0 rule=3"
        ),
        Scenario(
            "rule 9: unanswered internal calls are recorded as outgoing when internal calls are",
            dialOut(to: "102"),
            records: "leg/85218-a outgoing no_answer 2566*101 user=u101 client=102 e164=none 0-9 dur=0 internal rule=9",
            settings: TenantSettings(externalOnly: false)
        ),
        Scenario("A12 from an extension without RemoteNumber", transferred(remote: ""), records: ""),
        Scenario(
            "A12 from an extension with RemoteNumber",
            transferred(remote: "remote=C"),
            records: "leg/85219-a incoming answered 2566*102 user=u102 client=C 0-12 answered=2 dur=10000000 rule=2"
        ),
    ]

    private static let internalCall = """
        0    101 dial-out a flow=out num=2566*101 dst=2566*102 st=CALLING
        0    102 dial-in  b flow=in num=2566*101 name=Anna dst=2566*102 st=CALLING
        2    101 answer   a flow=out st=ANSWER
        2    102 answer   b flow=in st=ANSWER
        12   101 hangup   a flow=out st=ANSWER dur=10000000
        12   102 hangup   b flow=in st=ANSWER dur=10000000
        """

    private static func dialOut(to number: String) -> String {
        """
        0  101 dial-out a flow=out num=2566*101 dst=\(number) st=CALLING
        9  101 hangup   a flow=out num=2566*101 dst=\(number) st=NOANSWER
        """
    }

    private static func transferred(remote: String) -> String {
        """
        0  102 dial-in a flow=in num=2566*101@sipproxy.telphin.ru dst=2566*102 \(remote) st=CALLING
        2  102 answer  a flow=in st=ANSWER
        12 102 hangup  a flow=in st=ANSWER dur=10000000
        """
    }
}
