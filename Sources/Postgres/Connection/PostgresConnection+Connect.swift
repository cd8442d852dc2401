import Dispatch
package import Logging
import Synchronization

extension PostgresConnection {
    /// Connects. The blocking part runs on the connection's own queue; a cancelled task does not wait for it.
    ///
    /// - Throws: ``PostgresError`` with the code `connectionFailed`, which names the host and what to do, or
    /// `cancelled`.
    package static func connect(
        _ configuration: PostgresConfiguration,
        logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        try await self.connect(configuration, id: self.nextID(), observer: Observer(), logger: logger)
    }

    static func connect(
        _ configuration: PostgresConfiguration,
        id: PostgresConnection.ID,
        observer: Observer,
        logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let attempt = ConnectAttempt()
        let executor = QueueExecutor(label: "postgres.connection.\(id)")
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard attempt.start(continuation) else {
                    continuation.resume(returning: .failure(.cancelled))
                    return
                }
                executor.queue.async {
                    let result = self.open(
                        configuration,
                        id: id,
                        executor: executor,
                        observer: observer,
                        logger: logger
                    )
                    guard !attempt.finish(result), case .success(let connection) = result else {
                        return
                    }
                    connection.closeSoon()
                }
            }
        } onCancel: {
            attempt.cancel()
        }
        return try result.get()
    }

    /// Connects, blocking, on the connection's queue.
    private static func open(
        _ configuration: PostgresConfiguration,
        id: PostgresConnection.ID,
        executor: QueueExecutor,
        observer: Observer,
        logger: Logger
    ) -> Result<PostgresConnection, PostgresError> {
        let target = configuration.hostDescription
        let libpq = LibpqConnection(
            connectionString: configuration.connectionString,
            defaults: configuration.defaults,
            overrides: configuration.overrides,
            notices: LibpqNotices(logger: logger)
        )
        guard libpq.isOpen else {
            return .failure(ConnectFailure.error(target: target, message: libpq.errorMessage))
        }
        if let timeout = configuration.statementTimeout, configuration.preparedStatements {
            let result = libpq.runBlocking("SET statement_timeout = \(timeout.wholeMilliseconds)")
            guard result.kind == .complete else {
                return .failure(ConnectFailure.error(target: target, message: result.error.message))
            }
        }
        guard libpq.makeNonBlocking(), libpq.enterPipeline() else {
            return .failure(ConnectFailure.error(target: target, message: libpq.errorMessage))
        }
        logger.debug(
            "connected to PostgreSQL",
            metadata: ["host": "\(libpq.host)", "backend_pid": "\(libpq.backendProcess)"]
        )
        let connection = PostgresConnection(
            adopting: libpq,
            id: id,
            executor: executor,
            configuration: configuration,
            observer: observer,
            logger: logger
        )
        guard connection.assumeIsolated({ $0.startWatching() }) else {
            return .failure(ConnectFailure.error(target: target, message: "too many open files"))
        }
        return .success(connection)
    }
}

/// One try to connect, whose result goes to the first of: the connection, or a cancelled task.
private final class ConnectAttempt: Sendable {
    typealias Outcome = Result<PostgresConnection, PostgresError>

    private enum State {
        case idle
        case waiting(CheckedContinuation<Outcome, Never>)
        case done
    }

    private let state = Mutex(State.idle)

    /// False when the task was cancelled before.
    func start(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        self.state.withLock { state in
            guard case .idle = state else {
                return false
            }
            state = .waiting(continuation)
            return true
        }
    }

    func cancel() {
        _ = self.finish(.failure(.cancelled))
    }

    /// False when nobody waits any more.
    func finish(_ outcome: Outcome) -> Bool {
        let waiter = self.state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            defer { state = .done }
            guard case .waiting(let continuation) = state else {
                return nil
            }
            return continuation
        }
        waiter?.resume(returning: outcome)
        return waiter != nil
    }
}
