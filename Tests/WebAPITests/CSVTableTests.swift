import Testing

@testable import WebAPI

@Suite("CSV")
struct CSVTableTests {
    private static func table(_ text: String, maximumLines: Int = 100) throws(CSVTable.Failure) -> CSVTable {
        try CSVTable(Array(text.utf8), maximumLines: maximumLines)
    }

    @Test(
        "the same table, however a spreadsheet saves it",
        arguments: [
            "a,b\n1,2\n3,4", "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4\r", "a;b\n1;2\n3;4",
            "\u{FEFF}a;b\r\n1;2\r\n3;4\r\n", #""a","b"\#n"1","2"\#n3,"4""#, " a ,\u{A0}b\n1 , 2\n\" 3 \",4",
        ]
    )
    func forms(text: String) throws {
        let table = try Self.table(text)
        #expect(table.header == CSVTable.Row(line: 1, values: ["a", "b"]))
        #expect(table.rows.map(\.values) == [["1", "2"], ["3", "4"]])
        #expect(table.rows.map(\.line) == [2, 3])
    }

    @Test("the header's delimiter is the table's; the other one is an ordinary character, and so is a quoted one")
    func delimiters() throws {
        #expect(try Self.table("a;b\n1,5;2").rows.map(\.values) == [["1,5", "2"]])
        #expect(try Self.table("a,b\n1;5,2").rows.map(\.values) == [["1;5", "2"]])
        let quoted = try Self.table("\"a;b\",c\n1,2")
        #expect(quoted.header?.values == ["a;b", "c"])
        #expect(quoted.rows.map(\.values) == [["1", "2"]])
        #expect(try Self.table("a,b\n\"1,5\",2").rows.map(\.values) == [["1,5", "2"]])
    }

    @Test("quotes hold doubled quotes and line ends, and lines are counted through them")
    func quotes() throws {
        let table = try Self.table("a,b\n\"say \"\"hi\"\"\",\"\"\n\"x\r\ny\nz\",1\n\n,\n \nlast,2\n")
        #expect(table.rows.map(\.values) == [["say \"hi\"", ""], ["x\r\ny\nz", "1"], ["last", "2"]])
        #expect(table.rows.map(\.line) == [2, 3, 9])
    }

    @Test("what comes before the header, and a file of nothing")
    func empty() throws {
        let table = try Self.table("\n;;\na;b\n1;2")
        #expect(table.header == CSVTable.Row(line: 3, values: ["a", "b"]))
        #expect(table.rows == [CSVTable.Row(line: 4, values: ["1", "2"])])
        for text in ["", "\u{FEFF}", "\n\n", ",,\n"] {
            #expect(try Self.table(text).header == nil)
        }
    }

    @Test(
        "quotes out of place are refused with their line",
        arguments: [
            ("a,b\n1,\"2", .unclosedQuote(line: 2)), ("a,b\n1,2\n\"3\n\n4", .unclosedQuote(line: 3)),
            ("a,b\n1,x\"2\"", .strayQuote(line: 2)), ("a,b\n\"1\"x,2", .strayQuote(line: 2)),
            ("a,b\n\"1\n1\"x,2", .strayQuote(line: 3)), ("\"", .unclosedQuote(line: 1)),
        ] as [(String, CSVTable.Failure)]
    )
    func strayQuotes(text: String, failure: CSVTable.Failure) {
        #expect(throws: failure) { try Self.table(text) }
    }

    @Test("lines are limited, empty ones and those inside quotes too")
    func lines() throws {
        #expect(try Self.table("a\n1\n2", maximumLines: 3).rows.count == 2)
        #expect(try Self.table("a\n1\n2\n", maximumLines: 3).rows.count == 2)
        #expect(throws: CSVTable.Failure.tooManyLines) { try Self.table("a\n1\n2\n3", maximumLines: 3) }
        #expect(throws: CSVTable.Failure.tooManyLines) { try Self.table("a\n\n\n3", maximumLines: 3) }
        #expect(throws: CSVTable.Failure.tooManyLines) { try Self.table("a\n\"1\n\n\"\n3", maximumLines: 3) }
    }

    @Test("windows-1251 is read where the file is not UTF-8")
    func windows1251() throws {
        // "имя" and "Пётр", as Excel saves them in Russia.
        let bytes: [UInt8] =
            [0xE8, 0xEC, 0xFF] + Array(";b\r\n".utf8) + [0xCF, 0xB8, 0xF2, 0xF0] + Array(";1\r\n".utf8)
        let table = try CSVTable(bytes, maximumLines: 10)
        #expect(table.header?.values == ["имя", "b"])
        #expect(table.rows.map(\.values) == [["Пётр", "1"]])
        #expect(try Self.table("имя,b\nПётр,1").rows.map(\.values) == [["Пётр", "1"]])
    }

    @Test(
        "what is no text is refused",
        arguments: [
            ([0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00], .notText), ([0xFE, 0xFF, 0x00, 0x61], .notText),
            ([0x61, 0x00, 0x2C, 0x00], .notText), ([0xEF, 0xBB, 0xBF, 0xE8, 0xEC, 0xFF], .notText),
            ([0x61, 0x98, 0x0A], .notText), ([0x50, 0x4B, 0x03, 0x04, 0x14], .workbook),
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1], .workbook),
        ] as [([UInt8], CSVTable.Failure)]
    )
    func noText(bytes: [UInt8], failure: CSVTable.Failure) {
        #expect(throws: failure) { try CSVTable(bytes, maximumLines: 10) }
    }
}
