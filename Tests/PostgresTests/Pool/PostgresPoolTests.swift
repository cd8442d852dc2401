import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import Postgres

@Suite("The pool", .timeLimit(.minutes(5)))
struct PostgresPoolTests {
    @Test("Many callers share few connections")
    func shares() async throws {
        try await Database.withPool(size: 3) { pool in
            try await withThrowingTaskGroup(of: [Int].self) { group in
                for number in 0..<200 {
                    group.addTask { try await pool.execute(Number(value: number)) }
                }
                let sum = try await group.reduce(0) { $0 + $1.reduce(0, +) }
                #expect(sum == 199 * 200 / 2)
            }
            let statistics = pool.statistics
            #expect((1...3).contains(statistics.open))
            #expect(statistics.leased == 0)
            #expect(statistics.waiting == 0)
        }
    }

    @Test("A caller that gets no connection in time is told so, and the pool goes on")
    func exhausted() async throws {
        try await Database.withPool(size: 1, leaseTimeout: .seconds(8)) { pool in
            let held = try await pool.lease()
            let error = await #expect(throws: PostgresError.self) { try await pool.execute(Number(value: 1)) }
            #expect(error?.code == .poolExhausted)
            #expect(error?.isConnectionProblem == true)
            pool.release(held)
            try await pool.expect(Number(value: 1), gives: [1])
        }
    }

    @Test("A lease that is asked for before the pool runs waits for it")
    func beforeRun() async throws {
        let pool = PostgresPool(configuration: try Database.configuration(), size: 1, logger: Database.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let early = Task { try await pool.execute(Number(value: 1)) }
            while pool.statistics.waiting == 0 { await Task.yield() }
            group.addTask { try await pool.run() }
            let answer = try await early.value
            #expect(answer == [1])
            group.cancelAll()
        }
    }

    @Test("A connection that comes back inside a transaction is closed, not reused")
    func inTransaction() async throws {
        try await Database.withPool(size: 1) { pool in
            let first = try await pool.withConnection { (connection) async throws(PostgresError) in
                try await connection.script("BEGIN")
                return await connection.backendProcess
            }
            let second = try #require(try await pool.execute(BackendProcess()).first)
            #expect(first != second)
        }
    }

    @Test("What the body throws comes out as it is, and the connection comes back")
    func bodyThrows() async throws {
        struct Refused: Error {}
        try await Database.withPool(size: 1) { pool in
            let error = await #expect(throws: PoolError<Refused>.self) {
                try await pool.withConnection { (_) async throws(Refused) -> Void in throw Refused() }
            }
            guard case .body = error else {
                Issue.record("failed at another place")
                return
            }
            #expect(pool.statistics == PoolStatistics(open: 1, leased: 0, waiting: 0))
        }
    }

    @Test("The pool recovers when all its connections are terminated")
    func terminated() async throws {
        try await Database.withPool(size: 4) { pool in
            let connections = try await [pool.lease(), pool.lease(), pool.lease(), pool.lease()]
            var processes: [Int32] = []
            for connection in connections {
                processes.append(await connection.backendProcess)
                pool.release(connection)
            }
            #expect(pool.statistics.open == 4)
            try await Database.withConnection { other in
                for process in processes {
                    try await other.expect(Terminate(process: process), gives: [true])
                }
            }
            // A connection whose end is not known yet may be leased once; each of them at most.
            var failures = 0
            while failures <= 4 {
                do throws(PostgresError) {
                    let process = try await pool.execute(BackendProcess())
                    #expect(processes.filter(process.contains).isEmpty)
                    break
                } catch {
                    #expect(error.isConnectionProblem)
                    failures += 1
                }
            }
            #expect(failures <= 4)
            #expect(pool.isHealthy)
        }
    }

    @Test("While nothing can be connected callers fail at once with the reason, not after the lease timeout")
    func failsFast() async throws {
        let lines = LogLines()
        let configuration = try PostgresConfiguration(connectionString: "postgresql://ann:sesame@127.0.0.1:1/calls")
        try await Database.withPool(configuration, leaseTimeout: .seconds(300), logger: lines.logger) { pool in
            for _ in 0..<20 {
                let error = await #expect(throws: PostgresError.self) { try await pool.ping() }
                #expect(error?.code == .connectionFailed)
            }
            #expect(!pool.isHealthy)
            let transaction = await #expect(throws: TransactionError<PostgresError>.self) {
                try await pool.withTransaction { (transaction) async throws(PostgresError) in
                    _ = try await transaction.execute(Number(value: 1))
                }
            }
            guard case .begin(let error) = transaction else {
                Issue.record("failed at another place")
                return
            }
            #expect(error.code == .connectionFailed)
        }
        #expect(lines.all.filter { $0.contains("cannot be reached") }.count == 1)
        #expect(!lines.all.contains { $0.contains("sesame") })
    }

    @Test("A graceful shutdown refuses new leases, waits for those that are out, and ends")
    func shutdown() async throws {
        let pool = PostgresPool(configuration: try Database.configuration(), size: 2, logger: Database.logger)
        let group = ServiceGroup(services: [pool], logger: Database.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let held = try await pool.lease()
            await group.triggerGracefulShutdown()
            // Leases are refused as soon as the shutdown has come through.
            while true {
                do throws(PostgresError) {
                    pool.release(try await pool.lease())
                } catch {
                    #expect(error.code == .poolClosed)
                    break
                }
            }
            let answer = try await held.execute(Number(value: 1))
            #expect(answer == [1])
            pool.release(held)
            try await tasks.waitForAll()
            #expect(pool.statistics == PoolStatistics(open: 0, leased: 0, waiting: 0))
        }
    }

    @Test("A shutdown does not wait for ever for a lease that does not come back")
    func boundedShutdown() async throws {
        let pool = PostgresPool(
            configuration: try Database.configuration(),
            size: 1,
            drainTimeout: .milliseconds(100),
            logger: Database.logger
        )
        let group = ServiceGroup(services: [pool], logger: Database.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let held = try await pool.lease()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            let error = await held.failure(of: Number(value: 1))
            #expect(error?.code == .connectionLost)
            pool.release(held)
        }
    }
}
