import Foundation
import Logging
import Testing

@testable import Postgres

/// The database that the tests run against.
enum Database {
    /// Superuser URL of a cluster for tests. Without it tests fail, they are never skipped.
    static func url() throws -> String {
        try #require(
            ProcessInfo.processInfo.environment["RINGBRIDGE_TEST_DATABASE_URL"],
            "RINGBRIDGE_TEST_DATABASE_URL must name a PostgreSQL cluster for tests"
        )
    }

    static func configuration(
        _ parameters: String = "",
        statementTimeout: Duration? = nil,
        preparedStatements: Bool = true
    ) throws -> PostgresConfiguration {
        let url = try self.url()
        let separator = url.contains("?") ? "&" : "?"
        return try PostgresConfiguration(
            connectionString: parameters.isEmpty ? url : url + separator + parameters,
            applicationName: "postgres-tests",
            statementTimeout: statementTimeout,
            preparedStatements: preparedStatements
        )
    }

    /// Host and port of the cluster, such as `127.0.0.1:5432`.
    static func address() throws -> String {
        let description = try self.configuration().hostDescription
        return String(try #require(description.split(separator: "/").first))
    }

    static let logger = Logger(label: "postgres-tests", factory: { _ in SwiftLogNoOpLogHandler() })

    static func withConnection<T: Sendable>(
        _ configuration: PostgresConfiguration? = nil,
        _ body: (PostgresConnection) async throws -> T
    ) async throws -> T {
        let connection = try await PostgresConnection.connect(
            try configuration ?? self.configuration(),
            logger: self.logger
        )
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// A database of its own, for tables that several connections see.
    static func withDatabase(_ setUp: String, _ body: (PostgresConfiguration) async throws -> Void) async throws {
        let name = "postgres_tests_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        try await self.withConnection { try await $0.script("CREATE DATABASE \(name)") }
        do {
            let configuration = try self.configuration("dbname=\(name)")
            try await self.withConnection(configuration) { try await $0.script(setUp) }
            try await body(configuration)
        } catch {
            try await self.withConnection { try await $0.script("DROP DATABASE \(name) WITH (FORCE)") }
            throw error
        }
        try await self.withConnection { try await $0.script("DROP DATABASE \(name) WITH (FORCE)") }
    }

    /// A pool that runs for the time of the body.
    static func withPool<T: Sendable>(
        _ configuration: PostgresConfiguration? = nil,
        size: Int = 4,
        leaseTimeout: Duration = .seconds(60),
        logger: Logger = Database.logger,
        _ body: (PostgresPool) async throws -> T
    ) async throws -> T {
        let pool = PostgresPool(
            configuration: try configuration ?? self.configuration(),
            size: size,
            leaseTimeout: leaseTimeout,
            logger: logger
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.run() }
            let value = try await body(pool)
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }
}
