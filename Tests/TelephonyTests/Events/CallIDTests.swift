import Testing

@testable import Telephony

@Suite("CallID")
struct CallIDTests {
    @Test("two texts that only Unicode holds for equal are two ids, here as in the database")
    func canonicalEquivalence() throws {
        let composed = try #require(CallID(received: "c\u{E9}"))
        let decomposed = try #require(CallID(received: "ce\u{301}"))
        #expect(composed != decomposed)
        #expect(composed.rawValue == "c%c3%a9")
        #expect(composed.rawValue.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test("an id is compared in small letters, and stays what it was when it is read again")
    func smallLetters() throws {
        let id = try #require(CallID(received: " 262077EF325F4868AA49BF22309229F7 "))
        #expect(id.rawValue == "262077ef325f4868aa49bf22309229f7")
        #expect(CallID(received: id.rawValue) == id)
    }

    @Test("nothing, and more than 200 bytes, is no id")
    func bounds() {
        #expect(CallID(received: "  ") == nil)
        #expect(CallID(received: String(repeating: "a", count: 200)) != nil)
        #expect(CallID(received: String(repeating: "a", count: 201)) == nil)
        #expect(CallID(received: String(repeating: "\u{E9}", count: 100)) == nil)
    }
}
