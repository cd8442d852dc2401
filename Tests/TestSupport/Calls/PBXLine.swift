/// An extension of the scenarios' PBX, as `TenantFixture.extensions` lists them.
struct PBXLine: Hashable, Sendable {
    let id: Int64
    let short: String

    var full: String { "2566*\(self.short)" }
    var withDomain: String { "\(self.full)@sipproxy.telphin.ru" }

    static let phones = [
        PBXLine(id: 85_218, short: "101"), PBXLine(id: 85_219, short: "102"), PBXLine(id: 85_220, short: "103"),
    ]
    static let ivr = PBXLine(id: 96_850, short: "099")
    static let queues = [PBXLine(id: 96_857, short: "887"), PBXLine(id: 96_858, short: "888")]
}

/// Who is on the other side of a leg.
struct Party: Sendable {
    /// As the PBX writes it; nil for a caller who hides it altogether.
    var number: String?
    var name: String?
    var isOutside: Bool

    /// An extension, written in one of the ways that the PBX has.
    static func line(_ line: PBXLine, using random: inout SeededGenerator) -> Party {
        let spellings = [line.full, line.full, line.full, line.withDomain, line.short]
        return Party(number: spellings.randomElement(using: &random), name: nil, isOutside: false)
    }

    /// Somebody who calls from outside; some hide their number.
    static func client(using random: inout SeededGenerator) -> Party {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: Party(number: nil, name: nil, isOutside: true)
        case 1: Party(number: "anonymous", name: "Anonymous", isOutside: true)
        case 2: Party(number: "112", name: nil, isOutside: true)
        default: Self.subscriber(using: &random)
        }
    }

    /// A number outside that can be dialled, emergency and service numbers among them.
    static func dialled(using random: inout SeededGenerator) -> Party {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: Party(number: ["112", "0611", "88005553535"].randomElement(using: &random), name: nil, isOutside: true)
        default: Self.subscriber(using: &random)
        }
    }

    private static func subscriber(using random: inout SeededGenerator) -> Party {
        let digits = String(9_000_000_000 + Int.random(in: 0..<1_000_000_000, using: &random))
        let number = [
            "+7\(digits)", "+7\(digits)", "+7\(digits)", "8\(digits)", "7\(digits)", "+7\(digits)@sip.example.org",
        ].randomElement(using: &random)
        let name = [number, nil, "Васисуалий Лоханкин", "Ellochka & Co"].randomElement(using: &random) ?? nil
        return Party(number: number, name: name, isOutside: true)
    }
}
