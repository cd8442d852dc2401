import Configuration
import Logging
import Postgres
import ServiceLifecycle
import Storage

// How commands reach the database: one connection, or the stores on a small pool.

/// Opens one connection, runs `body`, closes it.
///
/// - Throws: ``ConfigurationError``, or an error naming the host and the fix when the database cannot be reached.
func withConnection<Value: Sendable>(
    _ url: DatabaseURL,
    _ common: CommonOptions,
    _ body: (PostgresConnection) async throws -> Value
) async throws -> Value {
    var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: common.config))
    guard let configuration = url.read(&values), values.problems.isEmpty else {
        throw ConfigurationError(problems: values.problems)
    }
    let connection = try await PostgresConnection.connect(configuration, logger: commandLogger)
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(connection))
    } catch {
        result = .failure(error)
    }
    await connection.close()
    return try result.get()
}

/// Runs `body` with the stores, as the runtime role.
///
/// - Throws: ``ConfigurationError``, ``Storage/Migrator/Failure`` when the schema does not fit, or what `body` throws.
func withDatabase<Value: Sendable>(
    _ common: CommonOptions,
    _ body: @Sendable (Database) async throws -> Value
) async throws -> Value {
    try await withConnection(.runtime, common) { connection in
        try await Migrator(connection: connection).verify()
    }
    var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: common.config))
    guard let configuration = DatabaseURL.runtime.read(&values) else {
        throw ConfigurationError(problems: values.problems)
    }
    let pool = PostgresPool(configuration: configuration, size: 2, logger: commandLogger)
    let group = ServiceGroup(services: [pool], logger: commandLogger)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(Database(pool: pool)))
        } catch {
            result = .failure(error)
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

/// What commands assemble with, as `serve` reads it.
///
/// - Throws: ``ConfigurationError``.
func assemblyDefaults(_ common: CommonOptions) async throws -> AssemblyDefaults {
    var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: common.config))
    let defaults = values.assemblyDefaults()
    guard values.problems.isEmpty else { throw ConfigurationError(problems: values.problems) }
    return defaults
}

/// Commands print their results and errors; what goes on below is no news for their user.
let commandLogger = Logger(label: "ringbridge.command") { _ in SwiftLogNoOpLogHandler() }
