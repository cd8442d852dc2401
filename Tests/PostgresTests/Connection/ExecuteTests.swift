import TestSupport
import Testing

@testable import Postgres

@Suite("A connection runs statements", .timeLimit(.minutes(5)))
struct ExecuteTests {
    @Test("Concurrent callers share the pipeline, and each gets its own answer")
    func pipelined() async throws {
        try await Database.withConnection { connection in
            let answers = try await withThrowingTaskGroup(of: (Int, [Int]).self) { group in
                for number in 0..<500 {
                    group.addTask { (number, try await connection.execute(Number(value: number))) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect(answers == Dictionary(uniqueKeysWithValues: (0..<500).map { ($0, [$0]) }))
        }
    }

    @Test("An error of one caller is not seen by the others", arguments: [true, false])
    func errorInPipeline(preparedStatements: Bool) async throws {
        let configuration = try Database.configuration(preparedStatements: preparedStatements)
        try await Database.withConnection(configuration) { connection in
            await withTaskGroup(of: Void.self) { group in
                for divisor in 0..<60 {
                    group.addTask {
                        do throws(PostgresError) {
                            let answer = try await connection.execute(DivideBy(divisor: divisor % 3))
                            #expect(answer == [10 / (divisor % 3)])
                        } catch {
                            #expect(divisor % 3 == 0)
                            #expect(error.sqlState == SQLState(rawValue: "22012"))
                            #expect(error.statement == "DivideBy")
                        }
                    }
                }
            }
            #expect(connection.isReusable)
        }
    }

    @Test("A statement that cannot be prepared fails each time, and works once it can be", arguments: [true, false])
    func prepareFails(preparedStatements: Bool) async throws {
        let configuration = try Database.configuration(preparedStatements: preparedStatements)
        try await Database.withConnection(configuration) { connection in
            for _ in 0..<2 {
                let error = await #expect(throws: PostgresError.self) { try await connection.execute(CountItems()) }
                #expect(error?.sqlState == .undefinedTable)
                #expect(error?.statement == "CountItems")
            }
            try await connection.script("CREATE TEMP TABLE items (id int8 PRIMARY KEY, name text)")
            let written = try await connection.affectedRows(InsertItem(id: 1, name: nil))
            #expect(written == 1)
            try await connection.expect(CountItems(), gives: [1])
        }
    }

    @Test("A statement is prepared once for a session, and not at all without prepared statements")
    func preparesOnce() async throws {
        struct Prepared: Statement {
            static let sql: StaticString =
                "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 10 / $1'"

            static func decode(_ row: inout Row) throws(PostgresError) -> Int {
                try row.next()
            }
        }
        for (isOn, count) in [(true, 1), (false, 0)] {
            let configuration = try Database.configuration(preparedStatements: isOn)
            try await Database.withConnection(configuration) { connection in
                for divisor in 1...5 {
                    try await connection.expect(DivideBy(divisor: divisor), gives: [10 / divisor])
                }
                try await connection.expect(Prepared(), gives: [count])
            }
        }
    }

    @Test("A statement whose table was altered is prepared anew")
    func alteredTable() async throws {
        struct AllItems: Statement {
            static let sql: StaticString = "SELECT * FROM items"

            static func decode(_ row: inout Row) throws(PostgresError) -> Int {
                try row.next()
            }
        }
        try await Database.withConnection { connection in
            try await connection.script("CREATE TEMP TABLE items AS SELECT 1::int8 AS id")
            try await connection.expect(AllItems(), gives: [1])
            try await connection.script("ALTER TABLE items ADD name text")
            let error = await #expect(throws: PostgresError.self) { try await connection.execute(AllItems()) }
            #expect(error?.sqlState == .featureNotSupported)
            try await connection.expect(AllItems(), gives: [1])
        }
    }

    @Test("A constraint that is checked at the commit fails the statement that commits")
    func deferredConstraint() async throws {
        try await Database.withConnection { connection in
            try await connection.script(
                """
                CREATE TEMP TABLE items (
                    id int8 CONSTRAINT items_pkey PRIMARY KEY, name text,
                    CONSTRAINT items_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED)
                """
            )
            _ = try await connection.execute(InsertItem(id: 1, name: "a"))
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute(InsertItem(id: 2, name: "a"))
            }
            #expect(error?.sqlState == .uniqueViolation)
            #expect(error?.constraint == "items_name_key")
            try await connection.expect(CountItems(), gives: [1])
        }
    }

    @Test("A server's error names the constraint and the table, and its description no value")
    func constraint() async throws {
        try await Database.withConnection { connection in
            try await connection.script(
                "CREATE TEMP TABLE items (id int8 CONSTRAINT items_pkey PRIMARY KEY, name text)"
            )
            _ = try await connection.execute(InsertItem(id: 424242, name: nil))
            let error = try #require(
                await #expect(throws: PostgresError.self) {
                    try await connection.execute(InsertItem(id: 424242, name: nil))
                }
            )
            #expect(error.code == .server(.uniqueViolation))
            #expect(error.constraint == "items_pkey")
            #expect(error.table == "items")
            #expect(!error.isConnectionProblem)
            #expect(!error.description.contains("424242"))
            #expect(error.description.contains("InsertItem"))
        }
    }

    @Test("A parameter that does not fit the socket's buffers arrives whole")
    func bigParameter() async throws {
        let bytes = [UInt8](repeating: 7, count: 20_000_000)
        try await Database.withConnection { connection in
            let answer = try await connection.execute(Echo(bytes))
            #expect(answer == [bytes])
        }
    }

    @Test("A column of another type, and one that is missing, are errors that name the column")
    func wrongColumns() async throws {
        struct WrongType: Statement {
            static let sql: StaticString = "SELECT 1::int4 AS number"

            static func decode(_ row: inout Row) throws(PostgresError) -> Int {
                try row.next()
            }
        }
        struct Missing: Statement {
            static let sql: StaticString = "SELECT 1::int8 AS number"

            static func decode(_ row: inout Row) throws(PostgresError) -> Int {
                _ = try row.next(Int.self)
                return try row.next()
            }
        }
        struct Null: Statement {
            static let sql: StaticString = "SELECT NULL::int8 AS number"

            static func decode(_ row: inout Row) throws(PostgresError) -> Int {
                try row.next()
            }
        }
        try await Database.withConnection { connection in
            let wrong = await #expect(throws: PostgresError.self) { try await connection.execute(WrongType()) }
            #expect(wrong?.code == .decoding)
            #expect(wrong?.column == "number")
            #expect(wrong?.message.contains("int4") == true)
            let missing = await #expect(throws: PostgresError.self) { try await connection.execute(Missing()) }
            #expect(missing?.code == .decoding)
            let null = await #expect(throws: PostgresError.self) { try await connection.execute(Null()) }
            #expect(null?.message.contains("NULL") == true)
            #expect(null?.statement == "Null")
        }
    }

    @Test("A statement timeout is its own error and leaves the connection usable")
    func statementTimeout() async throws {
        let configuration = try Database.configuration(statementTimeout: .milliseconds(50))
        try await Database.withConnection(configuration) { connection in
            let error = await #expect(throws: PostgresError.self) { try await connection.execute(Sleep(seconds: 30)) }
            #expect(error?.code == .timedOut)
            try await connection.expect(Number(value: 1), gives: [1])
        }
    }

    @Test("Notices go to the log at debug")
    func notices() async throws {
        let lines = LogLines()
        let connection = try await PostgresConnection.connect(try Database.configuration(), logger: lines.logger)
        try await connection.script("DO $$ BEGIN RAISE NOTICE 'look here'; END $$")
        await connection.close()
        #expect(lines.all.contains { $0.hasPrefix("debug") && $0.contains("look here") })
    }

    @Test("A lost connection fails what is on its way and everything after")
    func lost() async throws {
        try await Database.withConnection { connection in
            let process = await connection.backendProcess
            async let sleeping = connection.failure(of: Sleep(seconds: 30))
            try await Database.withConnection { other in
                try await other.waitUntilWaiting(process)
                _ = try await other.execute(Terminate(process: process))
            }
            let error = await sleeping
            #expect(error?.isConnectionProblem == true)
            let later = await connection.failure(of: Number(value: 1))
            #expect(later?.code == .connectionLost)
        }
    }
}
