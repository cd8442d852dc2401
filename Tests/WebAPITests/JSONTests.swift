import Testing

@testable import WebAPI

@Suite("JSON")
struct JSONTests {
    @Test(
        "what is written reads back as it was",
        arguments: [
            "null", "true", "[]", "{}", #"{"b":1,"a":[1,-2,0.5,1e+20]}"#, #""Привет \"\\ \n\t\u0001""#,
            "[9223372036854775807,-9223372036854775808]",
        ]
    )
    func roundTrip(text: String) throws {
        let value = try JSONParser.parse(Array(text.utf8))
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
    }

    @Test(
        "escapes and numbers are understood",
        arguments: [
            (#""\u0041\ud83d\ude00\/""#, .string("A😀/")), ("1.0", .number(1)), ("-0", .integer(0)),
            ("1E2", .number(100)),
            (" [ 1 , 2 ] ", [1, 2]), ("100000000000000000000", .number(1e20)),
        ] as [(String, JSONValue)]
    )
    func understood(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(Array(text.utf8)) == value)
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", " ", "nul", "truex", "01", "-", "1.", ".5", "1e", "+1", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}",
            "{a:1}",
            "{\"a\":1,\"a\":2}", "\"\n\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"abc", "1e999", "[]]",
            String(repeating: "[", count: 1_000),
        ]
    )
    func refused(text: String) {
        #expect(throws: JSONParser.Malformed.self) { try JSONParser.parse(Array(text.utf8)) }
    }

    @Test("bytes that are not UTF-8 are refused")
    func notUTF8() {
        #expect(throws: JSONParser.Malformed.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
    }
}
