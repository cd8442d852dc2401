import Telephony
import TestSupport
import Testing

@Suite("The fields of a webhook")
struct EventFieldsTests {
    private func decode(query: String = "", body: String = "") -> EventFields? {
        self.decode(query: Array(query.utf8), body: Array(body.utf8))
    }

    private func decode(query: [UInt8] = [], body: [UInt8]) -> EventFields? {
        guard case .fields(let fields) = EventFields.decode(query: query, body: body) else {
            return nil
        }
        return fields
    }

    @Test("S35, S36, A29: come from the query, the body, or both, and the body wins whatever the case of the name")
    func merging() {
        let fields = self.decode(query: "CallID=q&Only=q&callstatus=q", body: "callid=b&CallStatus=b")
        #expect(fields == EventFields([("callid", "b"), ("CallStatus", "b"), ("Only", "q")]))
        #expect(self.decode(query: "a=1") == self.decode(body: "a=1"))
        #expect(fields?["CALLID"] == "b")
        #expect(fields?["absent"] == nil)
    }

    @Test("an empty value is an absent one, also over a value of the query")
    func emptyValues() {
        #expect(self.decode(query: "a=1&b=", body: "a=&c&=x") == EventFields([("a", "1")]))
    }

    @Test("A28: of a repeated name the first value with text stays")
    func repeatedNames() {
        #expect(self.decode(body: "a=&A=1&a=2") == EventFields([("A", "1")]))
    }

    @Test(
        "decode what forms encode, and leave the rest alone",
        arguments: [
            ("a=%2B7916", "+7916"), ("a=+7916", " 7916"), ("a=2566*102", "2566*102"), ("a=x%3Dy", "x=y"),
            ("a=x=y", "x=y"),
            ("a=100%", "100%"), ("a=%zz", "%zz"), ("a=%4", "%4"), ("a=%%41", "%A"), ("%61=b", "b"),
            ("a=%D0%9F%d1%83", "Пу"), ("&&a=1&", "1"), ("a=%26%25", "&%"),
        ]
    )
    func encodings(body: String, expected: String) {
        #expect(self.decode(body: body)?["a"] == expected)
    }

    @Test("A29: text that is not UTF-8 is windows-1251, value by value")
    func windows1251() {
        #expect(self.decode(body: "a=%CF%F3%EA%E8%ED&b=%D0%9F")?["a"] == "Пукин")
        #expect(self.decode(body: "a=%CF%F3%EA%E8%ED&b=%D0%9F")?["b"] == "П")
        #expect(self.decode(body: Array("a=".utf8) + [0xA8, 0xB8, 0xB9, 0x98])?["a"] == "Ёё№\u{98}")
        #expect(self.decode(body: Array("a=".utf8) + [0x80, 0xFF, 0xC0, 0xDF, 0xE0])?["a"] == "ЂяАЯа")
    }

    @Test("S37: a Cyrillic name and a plus arrive as they were")
    func names() {
        let fields = self.decode(body: "CallerIDName=%D0%9F%D1%83%D0%BA%D0%B8%D0%BD+%D0%92.&CallerIDNum=%2B79161112233")
        #expect(fields?["CallerIDName"] == "Пукин В.")
        #expect(fields?["CallerIDNum"] == "+79161112233")
    }

    @Test("a JSON object is understood whatever its content type")
    func jsonBodies() {
        let body = #"""
            {"CallID": "C\u0031\n", "Duration": 11420018, "Bridged":true, "x":null, "y":{"a":["b",{}]}, "z":[], "e":"\ud83d\ude00"}
            """#
        let expected = EventFields([("CallID", "C1\n"), ("Duration", "11420018"), ("Bridged", "true"), ("e", "😀")])
        #expect(self.decode(body: body) == expected)
        #expect(self.decode(query: "CallID=q", body: #"{"callid":"b"}"#)?["CallID"] == "b")
    }

    @Test(
        "what only begins like JSON is read as a form",
        arguments: [
            #"{"a":"1""#, #"{"a":"1"}x"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":tru}"#, #"{"a":"\x"}"#, #"{"a" "b"}"#, "{",
            "[]",
        ]
    )
    func brokenJSON(body: String) {
        #expect(self.decode(body: body + "&ok=1")?["ok"] == "1")
    }

    @Test("a deeply nested body is bounded")
    func deepJSON() {
        let body = #"{"a":"# + String(repeating: "[", count: 60_000)
        #expect(self.decode(body: body) != nil)
    }

    @Test("half of a surrogate pair becomes the replacement character")
    func surrogates() {
        #expect(self.decode(body: #"{"a":"\ud83dx"}"#)?["a"] == "\u{FFFD}x")
        #expect(self.decode(body: #"{"a":"\ud83d\u0041"}"#)?["a"] == "\u{FFFD}A")
        #expect(self.decode(body: #"{"a":"\ude00"}"#)?["a"] == "\u{FFFD}")
    }

    @Test("NUL cannot be stored as text", arguments: ["a=%00", "a%00=1", #"{"a":"\u0000"}"#])
    func nul(body: String) {
        let decoded = EventFields.decode(query: [], body: Array(body.utf8))
        #expect(decoded == .undecodable(reason: "a field contains a NUL character"))
    }

    @Test("are stored as JSON with sorted keys, and read back")
    func json() {
        let fields = EventFields([("b", "\"\\/\n\u{1}"), ("a", "Пукин"), ("C", "😀")])
        #expect(
            String(decoding: fields.jsonObject(), as: UTF8.self) == #"{"C":"😀","a":"Пукин","b":"\"\\/\u000a\u0001"}"#
        )
        #expect(EventFields(jsonObject: fields.jsonObject()) == fields)
        #expect(
            EventFields(jsonObject: Array(#" {"b" : "1" , "a":"2"} "#.utf8)) == EventFields([("a", "2"), ("b", "1")])
        )
        #expect(EventFields(jsonObject: Array("{}".utf8)) == EventFields([]))
        #expect(EventFields(jsonObject: Array("nonsense".utf8)) == nil)
    }

    @Test("are equal in any order, and not when a value differs")
    func equality() {
        #expect(EventFields([("a", "1"), ("b", "2")]) == EventFields([("b", "2"), ("a", "1")]))
        #expect(EventFields([("a", "1")]) != EventFields([("a", "2")]))
        #expect(EventFields([("b", "2"), ("a", "1")]).pairs.map(\.name) == ["a", "b"])
    }

    @Test("any bytes are decoded without failing, and what is decoded survives storage")
    func randomBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]",:\u00dDaA1=&%+ е"#.utf8) + [0, 0x98, 0xC3, 0xFF]
        for round in 0..<20_000 {
            let count = Int.random(in: 0...40, using: &generator)
            let body = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }
            if case .fields(let fields) = EventFields.decode(query: [], body: body),
                EventFields(jsonObject: fields.jsonObject()) != fields
            {
                Issue.record("seed \(seed), round \(round): \(body)")
                return
            }
        }
    }
}
