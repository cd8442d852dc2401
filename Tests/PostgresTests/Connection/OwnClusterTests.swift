import TestSupport
import Testing

@testable import Postgres

@Suite("A server that goes away", .timeLimit(.minutes(5)))
struct OwnClusterTests {
    @Test("The pool says so while the server is down, and recovers by itself when it is back")
    func restart() async throws {
        try await Cluster.with { cluster in
            let lines = LogLines()
            try await Database.withPool(try cluster.configuration(), size: 3, logger: lines.logger) { pool in
                try await pool.expect(Number(value: 1), gives: [1])
                #expect(pool.isHealthy)
                for command in ["crash", "stop"] {
                    if command == "stop" {
                        try await pool.expect(Number(value: 2), gives: [2])
                    }
                    try await cluster.run(command)
                    // The first may still meet a connection that is not known to be lost.
                    _ = try? await pool.execute(Number(value: 1))
                    let error = await #expect(throws: PostgresError.self) { try await pool.ping() }
                    #expect(error?.code == .connectionFailed)
                    #expect(error?.isConnectionProblem == true)
                    #expect(!pool.isHealthy)
                    #expect(pool.statistics.open == 0)
                    try await cluster.run("start")
                    await lines.wait(for: "can be reached again")
                    lines.forget()
                    try await pool.expect(Number(value: 2), gives: [2])
                    #expect(pool.isHealthy)
                }
            }
        }
    }

    @Test("A wrong password is one clear error, without the password")
    func wrongPassword() async throws {
        try await Cluster.with { cluster in
            try await Database.withConnection(try cluster.configuration()) { connection in
                try await connection.script("CREATE ROLE locked LOGIN PASSWORD 'right'")
                try cluster.demand("host all locked 127.0.0.1/32 scram-sha-256")
                try await connection.script("SELECT pg_reload_conf()")
            }
            try await Database.withConnection(try cluster.configuration(user: "locked", password: "right")) {
                connection in
                try await connection.expect(CurrentUser(), gives: ["locked"])
            }
            for password in ["sesame", nil] {
                let configuration = try cluster.configuration(user: "locked", password: password)
                let error = try #require(
                    await #expect(throws: PostgresError.self) {
                        try await PostgresConnection.connect(configuration, logger: Database.logger).close()
                    }
                )
                #expect(error.code == .connectionFailed)
                #expect(error.description.contains("check the user and the password in DATABASE_URL"))
                #expect(!error.description.contains("sesame"))
            }
        }
    }

    @Test("A server that accepts and says nothing is given up after the connect timeout, and a cancelled task at once")
    func silent() async throws {
        try await Cluster.with { cluster in
            let configuration = try cluster.configuration()
            try await cluster.freeze(true)
            let start = ContinuousClock.now
            let cancelled = Task {
                try await PostgresConnection.connect(configuration, logger: Database.logger).close()
            }
            cancelled.cancel()
            let early = await #expect(throws: PostgresError.self) { try await cancelled.value }
            #expect(early?.code == .cancelled)
            #expect(ContinuousClock.now - start < .seconds(1.5))
            let error = await #expect(throws: PostgresError.self) {
                try await PostgresConnection.connect(configuration, logger: Database.logger).close()
            }
            #expect(error?.code == .connectionFailed)
            #expect(ContinuousClock.now - start < .seconds(10))
            try await cluster.freeze(false)
        }
    }

    @Test("A server that no longer answers a cancel loses the connection instead of holding the caller")
    func silentCancel() async throws {
        try await Cluster.with { cluster in
            try await Database.withConnection(try cluster.configuration()) { connection in
                let process = await connection.backendProcess
                let task = Task { try await connection.execute(Sleep(seconds: 50)) }
                try await Database.withConnection(try cluster.configuration()) {
                    try await $0.waitUntilWaiting(process)
                }
                // The postmaster, which would take the cancel request.
                try await cluster.freeze(true)
                task.cancel()
                let error = await #expect(throws: PostgresError.self) { try await task.value }
                #expect(error?.code == .cancelled)
                #expect(!connection.isOpen)
                try await cluster.freeze(false)
            }
        }
    }
}
