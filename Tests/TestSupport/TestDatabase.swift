import Foundation
package import Logging
package import Postgres
import Schema
package import ServiceLifecycle
package import Storage

/// A database of its own for one test: cloned from a migrated template, dropped at the end.
package struct TestDatabase: Sendable {
    /// As the superuser of the cluster.
    package let superuser: PostgresConfiguration
    /// As the role that owns the schema.
    package let owner: PostgresConfiguration
    /// As the role that the server runs as.
    package let server: PostgresConfiguration
    package let name: String
    /// On a running pool of the server's role.
    package let database: Database

    /// All tests of a process start at once; a cluster has only so many connections.
    private static let slots = Slots(8)

    /// Why there is no database to test with. A missing PostgreSQL fails a test, it never skips it.
    package struct Missing: Error, CustomStringConvertible {
        package var description: String
    }

    /// The superuser's URL of the cluster that tests use.
    package static func clusterURL() throws -> String {
        guard let url = ProcessInfo.processInfo.environment["RINGBRIDGE_TEST_DATABASE_URL"], !url.isEmpty else {
            throw Missing(description: "RINGBRIDGE_TEST_DATABASE_URL is not set; run the tests by: admin-scripts/test")
        }
        return url
    }

    /// Runs `body` with a database that has the schema, and a running pool.
    package static func with<Value: Sendable>(
        poolSize: Int = 8,
        logger: Logger = Logger(label: "test"),
        _ body: (TestDatabase) async throws -> Value
    ) async throws -> Value {
        await Self.slots.take()
        defer { Self.slots.giveBack() }
        let template = try await Template.shared.name()
        let name = "rb_test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let admin = try Self.configuration(database: nil, role: nil)
        try await Self.script("CREATE DATABASE \(name) TEMPLATE \(template)", on: admin, logger: logger)
        let result: Result<Value, any Error>
        do {
            let server = try Self.configuration(database: name, role: "ringbridge_server")
            let pool = PostgresPool(configuration: server, size: poolSize, logger: logger)
            let test = TestDatabase(
                superuser: try Self.configuration(database: name, role: nil),
                owner: try Self.configuration(database: name, role: "ringbridge_owner"),
                server: server,
                name: name,
                database: Database(pool: pool)
            )
            result = .success(try await withService(pool, logger: logger) { try await body(test) })
        } catch {
            result = .failure(error)
        }
        try await Self.script("DROP DATABASE \(name) WITH (FORCE)", on: admin, logger: logger)
        return try result.get()
    }

    /// Runs `body` with a database that has the roles and nothing else; `body` gets the owner's configuration.
    package static func withEmpty<Value: Sendable>(
        _ body: (PostgresConfiguration) async throws -> Value
    ) async throws -> Value {
        // Makes the roles, which are the cluster's.
        _ = try await Template.shared.name()
        let logger = Logger(label: "test")
        let name = "rb_empty_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let admin = try Self.configuration(database: nil, role: nil)
        try await Self.script("CREATE DATABASE \(name)", on: admin, logger: logger)
        let result: Result<Value, any Error>
        do {
            let roles = try Self.configuration(database: name, role: nil)
            try await Self.script(try RepositoryFile.text("sql/roles.sql"), on: roles, logger: logger)
            result = .success(try await body(try Self.configuration(database: name, role: "ringbridge_owner")))
        } catch {
            result = .failure(error)
        }
        try await Self.script("DROP DATABASE \(name) WITH (FORCE)", on: admin, logger: logger)
        return try result.get()
    }

    /// The cluster's URL with another database and role.
    package static func configuration(database: String?, role: String?) throws -> PostgresConfiguration {
        let url = try Self.clusterURL()
        guard let scheme = url.range(of: "://"), let slash = url[scheme.upperBound...].firstIndex(of: "/") else {
            throw Missing(description: "RINGBRIDGE_TEST_DATABASE_URL must read postgresql://user@host:port/database")
        }
        let authority = url[scheme.upperBound..<slash]
        let host = authority.split(separator: "@").last.map(String.init) ?? String(authority)
        let user = role ?? authority.split(separator: "@").first.map(String.init) ?? "postgres"
        let path = database ?? String(url[url.index(after: slash)...])
        return try PostgresConfiguration(connectionString: "postgresql://\(user)@\(host)/\(path)")
    }

    /// Runs SQL as the superuser: what an operator does with psql, and what time does.
    package func script(_ sql: String) async throws {
        try await Self.script(sql, on: self.superuser, logger: Logger(label: "test"))
    }

    /// What a statement finds, as the superuser.
    package func rows<Query: Statement>(_ query: Query) async throws -> [Query.Output] {
        let connection = try await PostgresConnection.connect(self.superuser, logger: Logger(label: "test"))
        let result: Result<[Query.Output], any Error>
        do {
            result = .success(try await connection.execute(query))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    private static func script(_ sql: String, on configuration: PostgresConfiguration, logger: Logger) async throws {
        let connection = try await PostgresConnection.connect(configuration, logger: logger)
        do {
            try await connection.script(sql)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// The migrated database that the others are copied from, made once a process.
    private actor Template {
        static let shared = Template()
        private var making: Task<String, any Error>?

        func name() async throws -> String {
            if let making {
                return try await making.value
            }
            let task = Task { try await Self.make() }
            self.making = task
            return try await task.value
        }

        private static func make() async throws -> String {
            let logger = Logger(label: "test.template")
            let name = "rb_template_" + UUID().uuidString.lowercased().filter { $0 != "-" }
            let admin = try TestDatabase.configuration(database: nil, role: nil)
            try await TestDatabase.script("CREATE DATABASE \(name)", on: admin, logger: logger)
            let roles = try TestDatabase.configuration(database: name, role: nil)
            try await TestDatabase.script(try RepositoryFile.text("sql/roles.sql"), on: roles, logger: logger)
            let owner = try TestDatabase.configuration(database: name, role: "ringbridge_owner")
            let connection = try await PostgresConnection.connect(owner, logger: logger)
            _ = try await Migrator(connection: connection).up()
            await connection.close()
            return name
        }
    }
}

/// Runs a service while `body` runs, then shuts it down gracefully.
package func withService<Value: Sendable>(
    _ services: any Service...,
    logger: Logger = Logger(label: "test"),
    body: () async throws -> Value
) async throws -> Value {
    try await withServices(services, logger: logger, body: body)
}

/// Runs services while `body` runs, then shuts them down gracefully, the last one first.
package func withServices<Value: Sendable>(
    _ services: [any Service],
    logger: Logger = Logger(label: "test"),
    body: () async throws -> Value
) async throws -> Value {
    let group = ServiceGroup(services: services, logger: logger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        do {
            let value = try await body()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        } catch {
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            throw error
        }
    }
}
