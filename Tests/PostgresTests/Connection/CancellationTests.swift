import Testing

@testable import Postgres

@Suite("A cancelled task cancels its query", .timeLimit(.minutes(5)))
struct CancellationTests {
    @Test("The query stops on the server, and the connection can be used on")
    func running() async throws {
        try await Database.withConnection { connection in
            let process = await connection.backendProcess
            let failure = try await withThrowingTaskGroup(of: PostgresError?.self) { group in
                group.addTask { await connection.failure(of: Sleep(seconds: 50)) }
                try await Database.withConnection { try await $0.waitUntilWaiting(process) }
                group.cancelAll()
                return try await group.next() ?? nil
            }
            #expect(failure?.code == .cancelled)
            #expect(connection.isReusable)
            try await connection.expect(BackendProcess(), gives: [process])
        }
    }

    @Test("Of two that share a connection only the cancelled one fails, also when it is the second", arguments: [0, 1])
    func shared(cancelled: Int) async throws {
        let key = 706_000 + cancelled
        try await Database.withConnection { holder in
            _ = try await holder.execute(Lock(key: key))
            try await Database.withConnection { connection in
                let process = await connection.backendProcess
                let first = Task { await connection.outcome(of: Lock(key: key)) }
                try await holder.waitUntilWaiting(process)
                let second = Task { await connection.outcome(of: Sleep(seconds: cancelled == 1 ? 50 : 0)) }
                while await !connection.hasSent(2) {}
                (cancelled == 0 ? first : second).cancel()
                if cancelled == 1 {
                    // The second one's turn comes when the first has its lock.
                    await holder.close()
                }
                let outcomes = await (first.value, second.value)
                #expect(outcomes.0 == (cancelled == 0 ? .cancelled : nil))
                #expect(outcomes.1 == (cancelled == 1 ? .cancelled : nil))
                try await connection.expect(Number(value: 1), gives: [1])
            }
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func before() async throws {
        try await Database.withConnection { connection in
            let code = await withTaskGroup(of: PostgresError.Code?.self) { group in
                group.cancelAll()
                group.addTask { await connection.outcome(of: Number(value: 1)) }
                return await group.next() ?? nil
            }
            #expect(code == .cancelled)
            #expect(connection.isReusable)
        }
    }

    @Test("A script is cancelled too")
    func script() async throws {
        try await Database.withConnection { connection in
            let process = await connection.backendProcess
            let task = Task {
                do {
                    try await connection.script("SELECT 1; SELECT pg_sleep(50); SELECT 2")
                    return PostgresError.Code?.none
                } catch let error as PostgresError {
                    return error.code
                }
            }
            try await Database.withConnection { try await $0.waitUntilWaiting(process) }
            task.cancel()
            #expect(try await task.value == .cancelled)
            try await connection.expect(Number(value: 1), gives: [1])
        }
    }

    @Test("A transaction whose task is cancelled is rolled back, and its connection goes on in the pool")
    func transaction() async throws {
        try await Database.withDatabase("CREATE TABLE items (id int8 PRIMARY KEY, name text)") { configuration in
            try await Database.withPool(configuration, size: 1) { pool in
                let process = try #require(try await pool.execute(BackendProcess()).first)
                let task = Task {
                    try await pool.withTransaction { (transaction) async throws(PostgresError) in
                        _ = try await transaction.execute(InsertItem(id: 1, name: nil))
                        _ = try await transaction.execute(Sleep(seconds: 50))
                    }
                }
                try await Database.withConnection { try await $0.waitUntilWaiting(process) }
                task.cancel()
                let error = await #expect(throws: TransactionError<PostgresError>.self) { try await task.value }
                guard case .body(let failure, rollback: nil) = error else {
                    Issue.record("failed at another place: \(String(describing: error))")
                    return
                }
                #expect(failure.code == .cancelled)
                try await pool.expect(BackendProcess(), gives: [process])
                try await pool.expect(CountItems(), gives: [0])
            }
        }
    }

    @Test("A lease that is waited for is given up")
    func lease() async throws {
        try await Database.withPool(size: 1) { pool in
            let held = try await pool.lease()
            let task = Task { try await pool.execute(Number(value: 1)) }
            while pool.statistics.waiting == 0 { await Task.yield() }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            #expect(pool.statistics == PoolStatistics(open: 1, leased: 1, waiting: 0))
            pool.release(held)
            try await pool.expect(Number(value: 2), gives: [2])
        }
    }
}

/// Takes a lock until the session ends.
private struct Lock: Statement {
    static let sql: StaticString = "SELECT pg_advisory_lock($1)"

    var key: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.key)
    }
}

extension PostgresConnection {
    /// Whether the nth segment of this connection is on its way.
    fileprivate func hasSent(_ number: PipelineSegment.ID) -> Bool {
        self.machine.isUnfinished(number)
    }

    /// How a statement fails; nil when it does not.
    fileprivate nonisolated func outcome<S: Statement>(of statement: S) async -> PostgresError.Code? {
        do {
            _ = try await self.execute(statement)
            return nil
        } catch {
            return error.code
        }
    }
}
