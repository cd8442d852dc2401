import TestSupport
import Testing

@testable import Telephony

/// A call as a table: what the PBX sends, and what that does to the cards. The events are lines as in ``Scenario``; a message
/// is a line `<show|answered|hide> <card> <user> …`.
struct CardScenario: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let events: [ScenarioEvent]
    let expected: [String]
    let externalOnly: Bool

    init(_ name: String, _ events: String, messages: String, externalOnly: Bool = true) {
        self.testDescription = name
        self.events = Scenario.lines(events).compactMap(ScenarioEvent.init(line:))
        self.expected = Scenario.lines(messages)
        self.externalOnly = externalOnly
    }

    /// In the order of the table, by one look for each event: what a stream shows.
    var live: [LiveEvent] {
        self.events.enumerated().map { index, line in
            LiveEvent(id: Int64(index), event: line.event(arrivingAt: Double(index)), isNew: false)
        }
    }

    func messages(of events: [LiveEvent]) -> [String] {
        cardMessages(
            of: events,
            directory: Scenario.directory,
            history: Scenario.history,
            externalOnly: self.externalOnly
        ).map(Self.text(of:))
    }

    static func text(of message: CardMessage) -> String {
        let card = message.card
        let details = [
            ("client", card.clientNumber), ("name", card.clientName), ("did", card.did),
        ].compactMap { name, value in
            value.map { value in "\(name)=\(Scenario.constants.first { $0.value == value }?.key ?? value)" }
        }
        let kind = String(message.kind.rawValue.dropFirst("card.".count))
        let words = [kind, card.id, card.userID?.rawValue ?? "nobody", card.direction.rawValue] + details
        return words.joined(separator: " ")
    }

    static let all: [CardScenario] = [
        CardScenario(
            "S01 incoming through an IVR, answered",
            """
            0    102 dial-in a flow=in num=C name=Ivan dst=2566*102 did=D st=CALLING
            2    102 answer  a flow=in num=C dst=2566*102 st=ANSWER
            63   102 hangup  a flow=in num=C dst=2566*102 st=ANSWER dur=61000000 rec=85219-r
            63.1 099 hangup  i flow=in num=C to=2566*099@sipproxy.telphin.ru did=D bridged=yes
            """,
            messages: """
                show 85219-a u102 incoming client=C name=Ivan did=D
                answered 85219-a u102 incoming client=C name=Ivan did=D
                hide 85219-a u102 incoming client=C name=Ivan did=D
                """
        ),
        CardScenario(
            "S02 three phones ring, 102 answers: the losers' cards are hidden, the winner's at its own end",
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
            messages: """
                show 85218-a u101 incoming client=C did=D
                show 85219-b u102 incoming client=C did=D
                show 85220-c u103 incoming client=C did=D
                answered 85219-b u102 incoming client=C did=D
                hide 85218-a u101 incoming client=C did=D
                hide 85220-c u103 incoming client=C did=D
                hide 85219-b u102 incoming client=C did=D
                """
        ),
        CardScenario(
            "S03, S04 missed in an IVR and a queue: no card",
            """
            1 887 hangup q flow=in num=C did=D bridged=no
            2 099 hangup i flow=in num=C did=D bridged=no
            """,
            messages: ""
        ),
        CardScenario(
            "S09 a queue rings 101 twice: two cards",
            """
            0  101 dial-in a flow=in num=C did=D st=CALLING
            10 101 hangup  a flow=in st=NOANSWER dur=0
            12 101 dial-in b flow=in num=C did=D st=CALLING
            15 101 answer  b flow=in st=ANSWER
            """,
            messages: """
                show 85218-a u101 incoming client=C did=D
                hide 85218-a u101 incoming client=C did=D
                show 85218-b u101 incoming client=C did=D
                answered 85218-b u101 incoming client=C did=D
                """
        ),
        CardScenario(
            "S10 a queue that rings a phone is no internal call",
            """
            0 102 dial-in a flow=in num=C from=2566*887@sipproxy.telphin.ru fromid=96857 toid=85219 dst=2566*102 did=D
            """,
            messages: "show 85219-a u102 incoming client=C did=D"
        ),
        CardScenario(
            "S12 outgoing: the card of who is called, without the phone's own name",
            """
            0  102 dial-out a flow=out num=2566*102 name=Anna dst=C st=CALLING
            12 102 answer   a flow=out st=ANSWER
            23 102 hangup   a flow=out st=ANSWER dur=11420018
            """,
            messages: """
                show 85219-a u102 outgoing client=C
                answered 85219-a u102 outgoing client=C
                hide 85219-a u102 outgoing client=C
                """
        ),
        CardScenario("S19 an internal call has no card", internalCall, messages: ""),
        CardScenario(
            "S19 the same, internal calls wanted",
            internalCall,
            messages: """
                show 85218-a u101 outgoing client=2566*102
                show 85219-b u102 incoming client=2566*101 name=Anna
                answered 85218-a u101 outgoing client=2566*102
                answered 85219-b u102 incoming client=2566*101 name=Anna
                hide 85218-a u101 outgoing client=2566*102
                hide 85219-b u102 incoming client=2566*101 name=Anna
                """,
            externalOnly: false
        ),
        CardScenario("S20 internal by the short name", "0 101 dial-out a flow=out num=2566*101 dst=102", messages: ""),
        CardScenario(
            "S21 a blind transfer: after it the colleague's card, of the client",
            """
            0    101 dial-in a flow=in num=C name=Ivan did=D st=CALLING
            2    101 answer  a flow=in st=ANSWER
            32   101 hangup  a flow=in st=ANSWER dur=30000000
            32.1 102 dial-in b flow=in num=2566*101 name=Anna remote=C st=CALLING
            34   102 answer  b flow=in num=2566*101 st=ANSWER
            80   102 hangup  b flow=in num=2566*101 st=ANSWER dur=45000000
            """,
            messages: """
                show 85218-a u101 incoming client=C name=Ivan did=D
                answered 85218-a u101 incoming client=C name=Ivan did=D
                hide 85218-a u101 incoming client=C name=Ivan did=D
                show 85219-b u102 incoming client=C did=D
                answered 85219-b u102 incoming client=C did=D
                hide 85219-b u102 incoming client=C did=D
                """
        ),
        CardScenario(
            "S22 an attended transfer: the colleagues' own leg has no card",
            """
            0  101 dial-in  a flow=in num=C did=D st=CALLING
            2  101 answer   a flow=in st=ANSWER
            20 101 dial-out l flow=out num=2566*101 dst=2566*102 to=2566*102 toid=85219 st=CALLING
            21 102 dial-in  b flow=in num=2566*101 remote=C st=CALLING
            22 102 answer   b flow=in st=ANSWER
            22 101 answer   l flow=out st=ANSWER
            25 101 hangup   l flow=out st=ANSWER dur=3000000
            25 101 hangup   a flow=in st=ANSWER dur=23000000
            60 102 hangup   b flow=in st=ANSWER dur=38000000
            """,
            messages: """
                show 85218-a u101 incoming client=C did=D
                answered 85218-a u101 incoming client=C did=D
                show 85219-b u102 incoming client=C did=D
                answered 85219-b u102 incoming client=C did=D
                hide 85218-a u101 incoming client=C did=D
                hide 85219-b u102 incoming client=C did=D
                """
        ),
        CardScenario(
            "S24 a forward to a mobile is an outgoing call of the phone's user",
            "0 102 dial-out a flow=out num=C dst=M transfered=yes st=CALLING",
            messages: "show 85219-a u102 outgoing client=M"
        ),
        CardScenario(
            "a forward inside the PBX has no card",
            "0 102 dial-out a flow=out num=C dst=M transfered=yes fromid=85219 toid=85218 st=CALLING",
            messages: ""
        ),
        CardScenario(
            "S27 a website's callback: none for the phone in whose name it calls, one for who is rung",
            """
            0  101 dial-out a flow=out num=2566*101 dst=C callback=cb1 st=CALLING
            3  101 answer   a flow=out callback=cb1 st=ANSWER
            4  102 dial-in  b flow=in num=C st=CALLING
            6  102 answer   b flow=in st=ANSWER
            40 102 hangup   b flow=in st=ANSWER dur=34000000
            40 101 hangup   a flow=out callback=cb1 st=ANSWER dur=37000000
            """,
            messages: """
                show 85219-b u102 incoming client=C
                answered 85219-b u102 incoming client=C
                hide 85219-b u102 incoming client=C
                """
        ),
        CardScenario(
            "S31 every event twice, and a second hangup that brings the recording",
            """
            0  102 dial-in a flow=in num=C st=CALLING
            0  102 dial-in a flow=in num=C st=CALLING
            2  102 answer  a flow=in st=ANSWER
            2  102 answer  a flow=in st=ANSWER
            9  102 hangup  a flow=in st=ANSWER dur=7000000
            9  102 hangup  a flow=in st=ANSWER dur=7000000
            10 102 hangup  a flow=in st=ANSWER dur=7000000 rec=85219-r
            0  102 dial-in a flow=in num=C st=CALLING
            """,
            messages: """
                show 85219-a u102 incoming client=C
                answered 85219-a u102 incoming client=C
                hide 85219-a u102 incoming client=C
                """
        ),
        CardScenario(
            "S29 the answer comes before the dial: shown and answered at once",
            """
            2 102 answer  a flow=in st=ANSWER
            0 102 dial-in a flow=in num=C st=CALLING
            9 102 hangup  a flow=in st=ANSWER dur=7000000
            """,
            messages: """
                show 85219-a u102 incoming client=C
                answered 85219-a u102 incoming client=C
                hide 85219-a u102 incoming client=C
                """
        ),
        CardScenario(
            "S30 the hangup comes before the dial: no card that nobody would hide",
            """
            9 102 hangup  a flow=in st=CANCEL
            0 102 dial-in a flow=in num=C st=CALLING
            2 102 answer  a flow=in st=ANSWER
            """,
            messages: ""
        ),
        CardScenario(
            "the hangup comes before the answer: hidden, and not answered any more",
            """
            0 102 dial-in a flow=in num=C st=CALLING
            9 102 hangup  a flow=in st=ANSWER dur=7000000
            2 102 answer  a flow=in st=ANSWER
            """,
            messages: """
                show 85219-a u102 incoming client=C
                hide 85219-a u102 incoming client=C
                """
        ),
        CardScenario(
            "S32 without a dial event there is no card",
            """
            2 102 answer a flow=in num=C st=ANSWER
            9 102 hangup a flow=in num=C st=ANSWER dur=7000000
            """,
            messages: ""
        ),
        CardScenario(
            "without a SubCallID the leg is the phone's",
            """
            0 102 dial-in - flow=in num=C st=CALLING
            0 101 dial-in - flow=in num=C st=CALLING
            9 102 hangup  - flow=in st=CANCEL
            """,
            messages: """
                show 85219-c1 u102 incoming client=C
                show 85218-c1 u101 incoming client=C
                hide 85219-c1 u102 incoming client=C
                """
        ),
        CardScenario(
            "a phone without a mapping, and one that no listing knows; a fax has none",
            """
            0 104 dial-in     a flow=in num=C st=CALLING
            0 #99999 dial-in  b flow=in num=C st=CALLING
            0 105 dial-in     c flow=in num=C st=CALLING
            0 887 dial-in     q flow=in num=C st=CALLING
            """,
            messages: """
                show 85221-a nobody incoming client=C
                show 99999-b nobody incoming client=C
                """
        ),
        CardScenario(
            "S50 other events do nothing",
            "0 102 voicemail a flow=in num=C\n0 102 message-in b flow=in num=C",
            messages: ""
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
}

@Suite("Cards of the live feed")
struct CardMessageTests {
    @Test("the messages of the scenario, read event by event", arguments: CardScenario.all)
    func eventByEvent(_ scenario: CardScenario) {
        #expect(Self.read(scenario, looks: scenario.events.indices.map { [$0] }) == scenario.expected)
    }

    @Test("the same when it is read at once", arguments: CardScenario.all)
    func atOnce(_ scenario: CardScenario) {
        #expect(Self.read(scenario, looks: [Array(scenario.events.indices)]) == scenario.expected)
    }

    @Test("however the looks split it, in whatever order events come: no card is left that its hangup came for")
    func anyOrder() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        for round in 0..<3_000 {
            let scenario = CardScenario.all[round % CardScenario.all.count]
            var looks: [[Int]] = []
            for index in scenario.events.indices.shuffled(using: &generator) {
                if looks.isEmpty || Bool.random(using: &generator) {
                    looks.append([index])
                } else {
                    looks[looks.count - 1].append(index)
                }
            }
            var open: [String: String] = [:]
            var over: Set<String> = []
            for (position, message) in Self.read(scenario, looks: looks).enumerated() {
                let words = message.split(separator: " ").map(String.init)
                let isRight: Bool
                switch words[0] {
                case "show": isRight = open.updateValue("show", forKey: words[1]) == nil && !over.contains(words[1])
                case "answered": isRight = open.updateValue("answered", forKey: words[1]) == "show"
                default:
                    isRight = open.removeValue(forKey: words[1]) != nil
                    over.insert(words[1])
                }
                guard isRight else {
                    Issue.record("seed \(seed), round \(round), \(scenario.testDescription), message \(position)")
                    return
                }
            }
            let ended = scenario.events.map { $0.event() }.filter { $0.eventType == .hangup }.compactMap(\.subCallID)
            guard open.keys.allSatisfy({ !ended.contains($0) }) else {
                Issue.record("seed \(seed), round \(round), \(scenario.testDescription): left \(open)")
                return
            }
        }
    }

    @Test("a dial event that was committed after its hangup, though it arrived before, shows nothing")
    func lateCommit() {
        let scenario = CardScenario("", "0 102 dial-in a num=C\n1 102 hangup a st=CANCEL", messages: "")
        #expect(Self.read(scenario, looks: [[1], [0]]) == [])
        #expect(Self.read(scenario, looks: [[0], [1]]).count == 2)
    }

    /// What a reader is told whose looks show these events, by their lines.
    private static func read(_ scenario: CardScenario, looks: [[Int]]) -> [String] {
        var seen: [LiveEvent] = []
        var told: [String] = []
        for look in looks {
            var news = look.map { scenario.live[$0] }
            for index in news.indices {
                news[index].isNew = true
            }
            told += scenario.messages(of: (seen + news).reversed())
            seen += look.map { scenario.live[$0] }
        }
        return told
    }
}
