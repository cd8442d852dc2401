import TestSupport
import Testing

@testable import Postgres

private struct Refused: Error, Equatable {}

@Suite("Transactions", .timeLimit(.minutes(5)))
struct TransactionTests {
    private static let items = """
        CREATE TABLE items (
            id int8 CONSTRAINT items_pkey PRIMARY KEY, name text,
            CONSTRAINT items_name_key UNIQUE (name) DEFERRABLE INITIALLY DEFERRED)
        """

    @Test("What the body did is there after it returns, and not after it throws", arguments: [true, false])
    func commits(preparedStatements: Bool) async throws {
        try await Database.withDatabase(Self.items) { configuration in
            var configuration = configuration
            configuration.preparedStatements = preparedStatements
            try await Database.withPool(configuration, size: 1) { pool in
                let count = try await pool.withTransaction { (transaction) async throws(PostgresError) -> Int in
                    _ = try await transaction.execute(InsertItem(id: 1, name: "a"))
                    return try await transaction.affectedRows(InsertItem(id: 2, name: "b"))
                }
                #expect(count == 1)
                let error = await #expect(throws: TransactionError<Refused>.self) {
                    try await pool.withTransaction { (transaction) async throws(Refused) -> Void in
                        _ = try? await transaction.execute(InsertItem(id: 3, name: "c"))
                        throw Refused()
                    }
                }
                guard case .body(Refused(), rollback: nil) = error else {
                    Issue.record("failed at another place: \(String(describing: error))")
                    return
                }
                try await pool.expect(CountItems(), gives: [2])
                #expect(pool.statistics == PoolStatistics(open: 1, leased: 0, waiting: 0))
            }
        }
    }

    @Test("Role, settings, isolation and time-out hold for the transaction only")
    func options() async throws {
        try await Database.withConnection { connection in
            let options = TransactionOptions(
                role: "pg_monitor",
                settings: [.init(name: "app.tenant_id", value: "807"), .init(name: "app.other", value: "it's")],
                isolation: .serializable,
                readOnly: true,
                statementTimeout: .seconds(7)
            )
            let names = ["app.tenant_id", "app.other", "transaction_isolation", "transaction_read_only"]
            let inside = try await connection.withTransaction(options) { (transaction) async throws(PostgresError) in
                var values = try await transaction.execute(CurrentUser()).map(Optional.some)
                for name in names + ["statement_timeout"] {
                    values += try await transaction.execute(Setting(name: name))
                }
                return values
            }
            #expect(inside == ["pg_monitor", "807", "it's", "serializable", "on", "7s"])
            let plain = try await connection.withTransaction { (transaction) async throws(PostgresError) in
                var values = try await transaction.execute(CurrentUser()).map(Optional.some)
                for name in names {
                    values += try await transaction.execute(Setting(name: name))
                }
                return values
            }
            #expect(plain == ["postgres", "", "", "read committed", "off"])
        }
    }

    @Test("A role that does not exist fails the begin, and the connection is fit for the next")
    func begin() async throws {
        try await Database.withPool(size: 1) { pool in
            let process = try await pool.execute(BackendProcess())
            let options = TransactionOptions(role: "postgres_tests_nobody")
            let error = await #expect(throws: TransactionError<PostgresError>.self) {
                try await pool.withTransaction(options) { (transaction) async throws(PostgresError) in
                    _ = try await transaction.execute(Number(value: 1))
                }
            }
            guard case .begin(let failure) = error else {
                Issue.record("failed at another place: \(String(describing: error))")
                return
            }
            #expect(failure.sqlState?.class == "22")
            #expect(failure.statement == "BEGIN")
            try await pool.expect(BackendProcess(), gives: process)
        }
    }

    @Test("Concurrent statements of a transaction whose begin fails all fail: none runs outside of it")
    func beginFailsForAll() async throws {
        try await Database.withDatabase(Self.items) { configuration in
            try await Database.withPool(configuration, size: 1) { pool in
                let options = TransactionOptions(role: "postgres_tests_nobody")
                _ = await #expect(throws: TransactionError<PostgresError>.self) {
                    try await pool.withTransaction(options) { (transaction) async throws(PostgresError) in
                        await withTaskGroup { group in
                            for id in 0..<10 {
                                group.addTask { _ = try? await transaction.execute(InsertItem(id: id, name: nil)) }
                            }
                        }
                        _ = try await transaction.execute(Number(value: 1))
                    }
                }
                try await pool.expect(CountItems(), gives: [0])
            }
        }
    }

    @Test("A deferred constraint fails the commit")
    func commitFails() async throws {
        try await Database.withDatabase(Self.items) { configuration in
            try await Database.withPool(configuration, size: 1) { pool in
                let error = await #expect(throws: TransactionError<PostgresError>.self) {
                    try await pool.withTransaction { (transaction) async throws(PostgresError) in
                        _ = try await transaction.execute(InsertItem(id: 1, name: "same"))
                        _ = try await transaction.execute(InsertItem(id: 2, name: "same"))
                    }
                }
                guard case .commit(let failure) = error else {
                    Issue.record("failed at another place: \(String(describing: error))")
                    return
                }
                #expect(failure.constraint == "items_name_key")
                try await pool.expect(CountItems(), gives: [0])
            }
        }
    }

    @Test("A body that goes on after a statement failed does not commit, and is told")
    func swallowedError() async throws {
        try await Database.withDatabase(Self.items) { configuration in
            try await Database.withPool(configuration, size: 1) { pool in
                let error = await #expect(throws: TransactionError<PostgresError>.self) {
                    try await pool.withTransaction { (transaction) async throws(PostgresError) in
                        _ = try await transaction.execute(InsertItem(id: 1, name: nil))
                        _ = try? await transaction.execute(InsertItem(id: 1, name: nil))
                    }
                }
                guard case .commit(let failure) = error else {
                    Issue.record("failed at another place: \(String(describing: error))")
                    return
                }
                #expect(failure.sqlState == .inFailedSQLTransaction)
                try await pool.expect(CountItems(), gives: [0])
            }
        }
    }

    @Test("A connection lost in the body fails the body and the rollback; lost before the commit, the commit")
    func lost() async throws {
        try await Database.withPool(size: 2) { pool in
            let inBody = await #expect(throws: TransactionError<PostgresError>.self) {
                try await pool.withTransaction { (transaction) async throws(PostgresError) in
                    let process = try await transaction.execute(BackendProcess())
                    _ = try await pool.execute(Terminate(process: process.first ?? 0))
                    while true {
                        _ = try await transaction.execute(Number(value: 1))
                    }
                }
            }
            guard case .body(let failure, .some(let rollback)) = inBody else {
                Issue.record("failed at another place: \(String(describing: inBody))")
                return
            }
            #expect(failure.isConnectionProblem)
            #expect(rollback.code == .connectionLost)
            let atCommit = await #expect(throws: TransactionError<PostgresError>.self) {
                try await pool.withTransaction { (transaction) async throws(PostgresError) in
                    _ = try await transaction.execute(Number(value: 1))
                    await transaction.connection.close()
                }
            }
            guard case .commit(let lost) = atCommit else {
                Issue.record("failed at another place: \(String(describing: atCommit))")
                return
            }
            #expect(lost.code == .connectionLost)
            try await pool.expect(Number(value: 3), gives: [3])
        }
    }

    @Test("A transaction that is kept and used after its end is refused")
    func escaped() async throws {
        try await Database.withConnection { connection in
            let escaped = try await connection.withTransaction { (transaction) async throws(PostgresError) in
                _ = try await transaction.execute(Number(value: 1))
                return transaction
            }
            let error = await #expect(throws: PostgresError.self) { try await escaped.execute(Number(value: 2)) }
            #expect(error?.code == .protocolViolation)
        }
    }

    @Test("A body without statements begins nothing")
    func empty() async throws {
        let lines = LogLines()
        try await Database.withPool(size: 1, logger: lines.logger) { pool in
            let value = try await pool.withTransaction { _ in 7 }
            #expect(value == 7)
            try await pool.expect(Number(value: 1), gives: [1])
        }
        #expect(!lines.all.contains { $0.contains("there is no transaction") })
    }

    @Test("A whole transaction in one round trip commits, or leaves nothing", arguments: [true, false])
    func transact(preparedStatements: Bool) async throws {
        try await Database.withDatabase(Self.items) { configuration in
            var configuration = configuration
            configuration.preparedStatements = preparedStatements
            try await Database.withPool(configuration, size: 1) { pool in
                let process = try await pool.execute(BackendProcess())
                let options = TransactionOptions(settings: [.init(name: "app.tenant_id", value: "807")])
                _ = try await pool.transact(options, InsertItem(id: 1, name: "a"))
                let answer = try await pool.transact(
                    options,
                    InsertItem(id: 2, name: "b"),
                    Setting(name: "app.tenant_id")
                )
                #expect(answer.1 == ["807"])
                let second = await #expect(throws: PostgresError.self) {
                    try await pool.transact(options, InsertItem(id: 3, name: "c"), InsertItem(id: 1, name: "d"))
                }
                #expect(second?.constraint == "items_pkey")
                #expect(second?.statement == "InsertItem")
                let commit = await #expect(throws: PostgresError.self) {
                    try await pool.transact(options, InsertItem(id: 4, name: "a"))
                }
                #expect(commit?.constraint == "items_name_key")
                let begin = await #expect(throws: PostgresError.self) {
                    try await pool.transact(
                        TransactionOptions(role: "postgres_tests_nobody"),
                        InsertItem(id: 5, name: "e")
                    )
                }
                #expect(begin?.statement == "BEGIN")
                try await pool.expect(CountItems(), gives: [2])
                // The same connection all the time: it was never left inside a transaction.
                try await pool.expect(BackendProcess(), gives: process)
                try await pool.expect(Setting(name: "app.tenant_id"), gives: [""])
            }
        }
    }
}
