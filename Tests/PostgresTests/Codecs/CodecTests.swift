import FoundationEssentials
import Testing

@testable import Postgres

@Suite("Values go to PostgreSQL and come back the same", .timeLimit(.minutes(5)))
struct CodecTests {
    private func comeBack<Value: PostgresEncodable & PostgresDecodable & Equatable>(_ values: [Value]) async throws {
        try await Database.withConnection { connection in
            for value in values {
                try await connection.expect(Echo(value), gives: [value])
            }
            try await connection.expect(Echo(Value?.none), gives: [nil])
        }
    }

    @Test("Booleans and numbers, with their extremes and NULL")
    func numbers() async throws {
        try await self.comeBack([true, false])
        try await self.comeBack([Int16.min, -1, 0, 1, .max])
        try await self.comeBack([Int32.min, -1, 0, 1, .max])
        try await self.comeBack([Int64.min, -1, 0, 1, .max])
        try await self.comeBack([Int.min, -1, 0, 1, .max])
        try await self.comeBack([0, -0.5, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity])
    }

    @Test("Texts, bytes, UUIDs, JSON and instants, with empty ones and NULL")
    func texts() async throws {
        try await self.comeBack(["", "a", "'\"\\", "Привет, 世界 👋", String(repeating: "x", count: 100_000)])
        try await self.comeBack([[], [0], [UInt8](0...255)])
        try await self.comeBack([UUID(), UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))])
        try await self.comeBack([
            PostgresJSON(bytes: Array("{\"a\": 1}".utf8)), PostgresJSON(bytes: Array("null".utf8)),
        ])
        let instants: [Int64] = [
            .min, .max, 0, 1, -1, 946_684_800_000_000, 1_700_000_000_123_456, -62_135_596_800_000_000,
        ]
        try await self.comeBack(instants.map { PostgresTimestamp(microsecondsSinceUnixEpoch: $0) })
    }

    @Test("Arrays, empty ones, and ones with NULLs")
    func arrays() async throws {
        try await self.comeBack([[true, false], []])
        try await self.comeBack([[Int32.min, 0, .max], []])
        try await self.comeBack([[Int64.min, 0, .max], []])
        try await self.comeBack([["", "b", "世界"], []])
        try await self.comeBack([[[], [1, 2, 3]], [[UInt8]]()])
        try await self.comeBack([[UUID(), UUID()], []])
        try await self.comeBack([[PostgresJSON(bytes: Array("[1]".utf8))], []])
        try await self.comeBack([[PostgresTimestamp(microsecondsSinceUnixEpoch: 5)], []])
        try await self.comeBack([["a", nil, ""], [nil], []] as [[String?]])
        try await self.comeBack([[1, nil], []] as [[Int32?]])
        try await self.comeBack([[[7], nil, []]] as [[[UInt8]?]])
    }

    @Test("PostgreSQL reads a value as what was meant, and writes it so that it is read as such")
    func meaning() async throws {
        struct Meaning: Statement {
            static let sql: StaticString = """
                SELECT $1::text, $2::timestamptz = '2023-11-14 22:13:20.123456+00', $3::text, $4 = '{1,NULL,3}'::int4[],
                       '2000-01-01 00:00:00+00'::timestamptz, 'infinity'::timestamptz, '{"b": [1]}'::json,
                       'abc'::varchar(5), 'pg_class'::name
                """

            func bind(_ bindings: inout Bindings) {
                bindings.append(Int.min)
                bindings.append(PostgresTimestamp(microsecondsSinceUnixEpoch: 1_700_000_000_123_456))
                bindings.append(UUID(uuid: (0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255)))
                bindings.append([1, nil, 3] as [Int32?])
            }

            static func decode(_ row: inout Row) throws(PostgresError) -> [String] {
                [
                    try row.next(String.self),
                    "\(try row.next(Bool.self))",
                    try row.next(String.self),
                    "\(try row.next(Bool.self))",
                    "\(try row.next(PostgresTimestamp.self).microsecondsSinceUnixEpoch)",
                    "\(try row.next(PostgresTimestamp.self).microsecondsSinceUnixEpoch == .max)",
                    String(decoding: try row.next(PostgresJSON.self).bytes, as: UTF8.self),
                    try row.next(String.self),
                    try row.next(String.self),
                ]
            }
        }
        let expected = [
            "-9223372036854775808", "true", "00112233-4455-6677-8899-aabbccddeeff", "true", "946684800000000", "true",
            "{\"b\": [1]}", "abc", "pg_class",
        ]
        try await Database.withConnection { connection in
            try await connection.expect(Meaning(), gives: [expected])
        }
    }

    @Test("A text with NUL is refused by the server, with an error that does not quote it")
    func nul() async throws {
        try await Database.withConnection { connection in
            let error = try #require(
                await #expect(throws: PostgresError.self) { try await connection.execute(Echo("secret\0")) }
            )
            #expect(error.sqlState == .characterNotInRepertoire)
            #expect(!error.description.contains("secret"))
        }
    }

    @Test("An enum with raw values needs no code")
    func rawValues() async throws {
        #expect(Colour.describeSample == .red)
        #expect(Colour.postgresType == .text)
        try await self.comeBack([Colour.red, .green])
        try await Database.withConnection { connection in
            struct Blue: Statement {
                static let sql: StaticString = "SELECT 'blue'::text"

                static func decode(_ row: inout Row) throws(PostgresError) -> Colour {
                    try row.next()
                }
            }
            let error = await #expect(throws: PostgresError.self) { try await connection.execute(Blue()) }
            #expect(error?.code == .decoding)
            #expect(error?.description.contains("blue") == false)
        }
    }

    @Test("An array built value by value, with a row taken back, is the array that was meant")
    func builder() async throws {
        struct Built: Statement {
            static let sql: StaticString = "SELECT name, number FROM unnest($1::text[], $2::int8[]) AS t (name, number)"

            var names: PostgresArrayBuilder
            var numbers: PostgresArrayBuilder

            func bind(_ bindings: inout Bindings) {
                bindings.append(self.names)
                bindings.append(self.numbers)
            }

            static func decode(_ row: inout Row) throws(PostgresError) -> String {
                "\(try row.nextOptional(String.self) ?? "-") \(try row.nextOptional(Int.self) ?? -1)"
            }
        }
        var built = Built(names: PostgresArrayBuilder(element: .text), numbers: PostgresArrayBuilder(element: .int8))
        try await Database.withConnection { connection in
            try await connection.expect(built, gives: [])
            built.names.append(Array("one".utf8))
            built.numbers.append(1)
            let marks = (built.names.mark, built.numbers.mark)
            built.names.append("bad")
            built.numbers.append(13)
            built.names.rollBack(to: marks.0)
            built.numbers.rollBack(to: marks.1)
            built.names.append("two".utf8)
            built.numbers.append(Int?.none)
            built.names.appendNull()
            built.numbers.append(3)
            #expect(built.names.count == 3)
            try await connection.expect(built, gives: ["one 1", "two -1", "- 3"])
            built.names.removeAll()
            built.numbers.removeAll()
            try await connection.expect(built, gives: [])
        }
    }

    @Test("Bytes that are no such value are refused", arguments: [0, 1, 3, 7, 9, 15, 17] as [Int])
    func garbage(count: Int) {
        let bytes = [UInt8](repeating: 0xFF, count: count)
        func refuses<Value: PostgresDecodable>(_ type: Value.Type) -> Bool {
            do {
                _ = try Value(postgresBytes: bytes.span)
                return false
            } catch {
                return true
            }
        }
        #expect(refuses(Int16.self))
        #expect(refuses(Int32.self))
        #expect(refuses(Int.self))
        #expect(refuses(Double.self))
        #expect(refuses(UUID.self))
        #expect(refuses(PostgresTimestamp.self))
        #expect(refuses([Int32].self))
        #expect(refuses([String?].self))
        #expect(refuses(Bool.self) == (count != 1))
        #expect(refuses(String.self) == (count > 0))
    }

    @Test("An array whose count lies, or that has two dimensions, is refused")
    func lyingArray() {
        func array(_ dimensions: Int32, _ count: Int32) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.appendBigEndian(dimensions)
            bytes.appendBigEndian(Int32(0))
            bytes.appendBigEndian(PostgresType.int4.oid)
            bytes.appendBigEndian(count)
            bytes.appendBigEndian(Int32(1))
            return bytes
        }
        for bytes in [array(1, 1), array(1, .max), array(1, -1), array(2, 1), array(-1, 0)] {
            #expect(throws: PostgresDecodingError.self) { try [Int32](postgresBytes: bytes.span) }
        }
    }
}

private enum Colour: String, CaseIterable, PostgresEncodable, PostgresDecodable {
    case red
    case green
}
