import Testing

@testable import Postgres

@Suite("Connecting", .timeLimit(.minutes(5)))
struct ConnectTests {
    private func failure(_ configuration: PostgresConfiguration) async throws -> PostgresError {
        try #require(
            await #expect(throws: PostgresError.self) {
                let connection = try await PostgresConnection.connect(configuration, logger: Database.logger)
                await connection.close()
            }
        )
    }

    @Test("A host that refuses is one clear error with the host and what to do")
    func refused() async throws {
        let error = try await self.failure(
            try PostgresConfiguration(connectionString: "postgresql://ann:sesame@127.0.0.1:1/calls")
        )
        #expect(error.code == .connectionFailed)
        #expect(error.isConnectionProblem)
        #expect(error.description.contains("127.0.0.1:1/calls as user ann"))
        #expect(error.description.contains("check that the server runs"))
        #expect(!error.description.contains("sesame"))
        #expect(!error.description.contains("\n"))
    }

    @Test("A host name that does not exist is said to be wrong")
    func unknownHost() async throws {
        let error = try await self.failure(
            try PostgresConfiguration(connectionString: "postgresql://ann:sesame@no-such-host.invalid/calls")
        )
        #expect(error.code == .connectionFailed)
        #expect(error.description.contains("check the host name"))
    }

    @Test("A database and a role that do not exist are named")
    func unknownDatabase() async throws {
        let database = try await self.failure(try Database.configuration("dbname=postgres_tests_nowhere"))
        #expect(database.code == .connectionFailed)
        #expect(database.description.contains("create the database or correct its name"))
        let role = try await self.failure(try Database.configuration("user=postgres_tests_nobody"))
        #expect(role.description.contains("create the role or correct the user"))
    }

    @Test("The second host is used when the first one is dead")
    func secondHost() async throws {
        let url = "postgresql://postgres@127.0.0.1:1,\(try Database.address())/postgres?target_session_attrs=read-write"
        try await Database.withConnection(try PostgresConfiguration(connectionString: url)) { connection in
            try await connection.expect(Number(value: 1), gives: [1])
        }
    }

    @Test("The application's name is seen on the server, and the connection string may change it")
    func applicationName() async throws {
        try await Database.withConnection { connection in
            try await connection.expect(Setting(name: "application_name"), gives: ["postgres-tests"])
        }
        try await Database.withConnection(try Database.configuration("application_name=other")) { connection in
            try await connection.expect(Setting(name: "application_name"), gives: ["other"])
        }
    }
}
