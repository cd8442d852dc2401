import Telephony
import TestSupport
import Testing

@Suite("Event tokens")
struct EventTokenTests {
    @Test(
        "are exactly 32 of 0-9 and a-z",
        arguments: [
            ("f2a8vdrfae0s1ku5d2rj3iximjf3twyz", true), (String(repeating: "0", count: 31), false),
            (String(repeating: "0", count: 33), false), (String(repeating: "A", count: 32), false),
            (String(repeating: "а", count: 32), false), (String(repeating: "а", count: 16), false), ("", false),
        ]
    )
    func validity(text: String, isValid: Bool) {
        #expect((EventToken(text) != nil) == isValid)
    }

    @Test("are generated from the whole alphabet")
    func generation() {
        var generator = SeededGenerator(seed: 1)
        let tokens = (0..<1000).map { _ in EventToken.generate(using: &generator) }
        #expect(Set(tokens).count == 1000)
        #expect(tokens.allSatisfy { EventToken($0.text) == $0 })
        #expect(Set(tokens.flatMap(\.text)).count == 36)
    }

    @Test("never print, nor does a row that holds one in its URL")
    func printing() throws {
        let token = try #require(EventToken("f2a8vdrfae0s1ku5d2rj3iximjf3twyz"))
        let url = token.eventURL(publicURL: "https://host/base/")
        #expect(url == "https://host/base/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz")
        let row = SubscriptionRow(id: 1, eventType: "hangup", url: url, method: "POST")
        var dumped = ""
        dump(token, to: &dumped)
        dump([row], to: &dumped)
        for text in ["\(token)", String(reflecting: token), "\(row)", String(reflecting: [row]), dumped] {
            #expect(!text.contains("f2a8"))
        }
    }
}
