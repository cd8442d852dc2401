import Testing

@testable import Postgres

@Suite("Scripts and COPY", .timeLimit(.minutes(5)))
struct ScriptAndCopyTests {
    private static let items = "CREATE TEMP TABLE items (id int8 CONSTRAINT items_pkey PRIMARY KEY, name text)"

    @Test("Several statements are one transaction, and an error says which")
    func script() async throws {
        try await Database.withConnection { connection in
            try await connection.script("\(Self.items); INSERT INTO items VALUES (1, 'a'), (2, 'b');")
            try await connection.expect(CountItems(), gives: [2])
            let error = await #expect(throws: PostgresError.self) {
                try await connection.script("INSERT INTO items VALUES (3, 'c'); INSERT INTO items VALUES (1, 'd')")
            }
            #expect(error?.constraint == "items_pkey")
            try await connection.expect(CountItems(), gives: [2])
        }
    }

    @Test("A script that leaves a transaction open makes the connection unfit for the pool")
    func openTransaction() async throws {
        try await Database.withConnection { connection in
            try await connection.script("BEGIN")
            #expect(!connection.isReusable)
            try await connection.script("ROLLBACK")
            #expect(connection.isReusable)
        }
    }

    @Test("Statements that are asked for while a script runs wait for it and come in their order")
    func between() async throws {
        try await Database.withConnection { connection in
            try await connection.script(Self.items)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<20 {
                    group.addTask { _ = try await connection.execute(InsertItem(id: id, name: nil)) }
                    group.addTask { try await connection.script("INSERT INTO items VALUES (\(id + 100), NULL)") }
                }
                try await group.waitForAll()
            }
            try await connection.expect(CountItems(), gives: [40])
        }
    }

    @Test("COPY writes all rows and says how many, however many there are", arguments: [0, 3, 200_000])
    func copy(count: Int) async throws {
        try await Database.withConnection { connection in
            try await connection.script(Self.items)
            let rows = (0..<count).lazy.map { Array("\($0)\tname \($0)\n".utf8) }
            let copied = try await connection.copyIn("COPY items FROM STDIN", rows: Array(rows))
            #expect(copied == count)
            try await connection.expect(CountItems(), gives: [count])
        }
    }

    @Test("A COPY with a bad row writes nothing, names the constraint, and leaves the connection usable")
    func badCopy() async throws {
        try await Database.withConnection { connection in
            try await connection.script(Self.items)
            let rows = [Array("1\ta\n".utf8), Array("1\tb\n".utf8)]
            let error = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY items FROM STDIN", rows: rows)
            }
            #expect(error?.constraint == "items_pkey")
            try await connection.expect(CountItems(), gives: [0])
            let wrong = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("COPY nothing FROM STDIN", rows: rows)
            }
            #expect(wrong?.sqlState == .undefinedTable)
            let noCopy = await #expect(throws: PostgresError.self) {
                try await connection.copyIn("SELECT 1", rows: rows)
            }
            #expect(noCopy?.code == .protocolViolation)
            try await connection.expect(Number(value: 1), gives: [1])
        }
    }

    @Test("COPY in a transaction is rolled back with it")
    func copyInTransaction() async throws {
        try await Database.withConnection { connection in
            try await connection.script(Self.items)
            for isGood in [false, true] {
                do {
                    try await connection.withTransaction { (transaction) async throws(PostgresError) in
                        _ = try await transaction.copyIn("COPY items FROM STDIN", rows: [Array("1\ta\n".utf8)])
                        guard isGood else {
                            throw PostgresError(.decoding, message: "changed my mind")
                        }
                    }
                } catch {
                    #expect(!isGood)
                }
                try await connection.expect(CountItems(), gives: [isGood ? 1 : 0])
            }
        }
    }
}
