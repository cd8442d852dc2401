import Dispatch
package import Logging
import ServiceLifecycle
import Synchronization

/// Connections for those who need one for a moment.
///
/// The pool works while ``run()`` runs; a lease that is asked for before waits for it. It reconnects by itself; see
/// ``PoolStateMachine`` for when leases fail fast. A connection that comes back closed, inside a transaction or with
/// something on its way is closed and never reused. What a user sets on a session (`SET`, `LISTEN`, advisory locks of
/// the session) stays on it: use settings of the transaction.
package final class PostgresPool: Service, Sendable {
    /// A caller that waits for a connection.
    struct Waiter: Identifiable {
        let id: UInt64
        let continuation: CheckedContinuation<Result<PostgresConnection, PostgresError>, Never>
    }

    private struct State {
        var machine: PoolStateMachine<PostgresConnection, Waiter>
        var lastWaiter: UInt64 = 0
    }

    private enum Command {
        /// Open a connection, after the pause that belongs to so many failures.
        case connect(failures: Int)
    }

    let configuration: PostgresConfiguration
    private let leaseTimeout: Duration
    private let drainTimeout: Duration
    let logger: Logger
    private let state: Mutex<State>
    private let commands: AsyncStream<Command>
    private let commandSink: AsyncStream<Command>.Continuation

    /// - Parameters:
    ///   - configuration: Where to connect to.
    ///   - size: The most connections at once.
    ///   - leaseTimeout: How long a caller waits for a connection before it fails with `poolExhausted`.
    ///   - drainTimeout: How long a shutdown waits for leased connections.
    ///   - logger: Learns of connections that cannot be made.
    package init(
        configuration: PostgresConfiguration,
        size: Int,
        leaseTimeout: Duration = .seconds(10),
        drainTimeout: Duration = .seconds(20),
        logger: Logger
    ) {
        self.configuration = configuration
        self.leaseTimeout = leaseTimeout
        self.drainTimeout = drainTimeout
        self.logger = logger
        self.state = Mutex(State(machine: PoolStateMachine(size: size)))
        // No bound is needed: the machine has at most `size` attempts going on.
        (self.commands, self.commandSink) = AsyncStream.makeStream(of: Command.self)
    }

    /// Whether the last attempt to connect, if there was one, succeeded, and the pool runs.
    package var isHealthy: Bool {
        self.state.withLock { state in
            if case .running = state.machine.state {
                return true
            }
            return false
        }
    }

    /// How many connections are open and in use, and how many callers wait.
    package var statistics: PoolStatistics { self.state.withLock { $0.machine.statistics } }

    /// Runs the pool until it is shut down: gracefully, when the leased connections have come back or the drain
    /// time-out has passed; at once, when the task is cancelled.
    package func run() async throws {
        self.connect(self.state.withLock { $0.machine.start() })
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withDiscardingTaskGroup { group in
                    for await command in self.commands {
                        switch command {
                        case .connect(let failures):
                            group.addTask { await self.connect(afterFailures: failures) }
                        }
                    }
                    group.cancelAll()
                }
            } onGracefulShutdown: {
                self.shutDown()
            }
        } onCancel: {
            self.end()
        }
        // Nobody who leased or waited is forgotten, however the loop ended.
        self.end()
    }

    private func end() {
        self.perform(self.state.withLock { $0.machine.end() })
    }

    private func shutDown() {
        self.perform(self.state.withLock { $0.machine.shutDown() })
        DispatchQueue.global(qos: .utility).asyncAfter(deadline: .now() + self.drainTimeout.dispatchInterval) {
            [weak self] in
            self?.end()
        }
    }

    private func perform(_ action: PoolStateMachine<PostgresConnection, Waiter>.ShutDownAction) {
        for connection in action.close {
            connection.closeSoon()
        }
        for waiter in action.refuse {
            waiter.continuation.resume(
                returning: .failure(PostgresError(.poolClosed, message: "the connection pool is shutting down"))
            )
        }
        if action.hasEnded {
            self.commandSink.finish()
        }
    }
}

// MARK: - Leases

extension PostgresPool {
    /// Waits for a connection. Give it back by ``release(_:)``.
    func lease() async throws(PostgresError) -> PostgresConnection {
        let id = self.state.withLock { state -> UInt64 in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.lease(Waiter(id: id, continuation: continuation))
            }
        } onCancel: {
            self.abandon(id, .cancelled)
        }
        return try result.get()
    }

    private func lease(_ waiter: Waiter) {
        switch self.state.withLock({ $0.machine.lease(waiter) }) {
        case .lease(let connection):
            waiter.continuation.resume(returning: .success(connection))
        case .fail(let error):
            waiter.continuation.resume(returning: .failure(error))
        case .wait(let connect):
            self.connect(connect)
            let id = waiter.id
            DispatchQueue.global().asyncAfter(deadline: .now() + self.leaseTimeout.dispatchInterval) { [weak self] in
                self?.leaseTimedOut(id)
            }
            // A cancellation that came before the waiter was there did not find it.
            if Task.isCancelled {
                self.abandon(id, .cancelled)
            }
        }
    }

    private func leaseTimedOut(_ id: Waiter.ID) {
        self.abandon(
            id,
            PostgresError(
                .poolExhausted,
                message: "no connection to PostgreSQL came free within \(self.leaseTimeout)"
            )
        )
    }

    private func abandon(_ id: Waiter.ID, _ error: PostgresError) {
        let waiter = self.state.withLock { $0.machine.abandon(id) }
        waiter?.continuation.resume(returning: .failure(error))
    }

    /// Takes a connection back.
    func release(_ connection: PostgresConnection) {
        let isReusable = connection.isReusable
        switch self.state.withLock({ $0.machine.release(connection, isReusable: isReusable) }) {
        case .park:
            self.dropIfClosed(connection)
        case .lease(let connection, let waiter):
            waiter.continuation.resume(returning: .success(connection))
        case .close(let connection, let connect):
            connection.closeSoon()
            self.connect(connect)
        case .closeAndEnd(let connection):
            connection.closeSoon()
            self.commandSink.finish()
        }
    }
}

// MARK: - Connections

extension PostgresPool {
    private func connect(_ count: Int) {
        for _ in 0..<count {
            self.commandSink.yield(.connect(failures: 0))
        }
    }

    private func connect(afterFailures failures: Int) async {
        if failures > 0 {
            // A cancelled pause means that the pool ends; so does the attempt then.
            try? await Task.sleep(for: Backoff.pause(afterFailures: failures))
        }
        let observer = PostgresConnection.Observer(onClose: { [weak self] in self?.connectionClosed($0) })
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(
                self.configuration,
                id: PostgresConnection.nextID(),
                observer: observer,
                logger: self.logger
            )
            self.connected(connection)
        } catch {
            self.connectFailed(error)
        }
    }

    private func connected(_ connection: PostgresConnection) {
        let hasRecovered: Bool
        switch self.state.withLock({ $0.machine.connected(connection) }) {
        case .lease(let connection, let waiter, let recovered, let connect):
            waiter.continuation.resume(returning: .success(connection))
            self.connect(connect)
            hasRecovered = recovered
        case .park(let recovered):
            self.dropIfClosed(connection)
            hasRecovered = recovered
        case .close(let connection):
            connection.closeSoon()
            hasRecovered = false
        }
        if hasRecovered {
            self.logger.info(
                "PostgreSQL can be reached again",
                metadata: ["database": "\(self.configuration.hostDescription)"]
            )
        }
    }

    private func connectFailed(_ error: PostgresError) {
        let action = self.state.withLock { $0.machine.connectFailed(error) }
        if action.hasBroken {
            self.logger.warning("PostgreSQL cannot be reached", metadata: ["error": "\(error)"])
        }
        for waiter in action.fail {
            waiter.continuation.resume(returning: .failure(error))
        }
        if let failures = action.retryAfterFailures {
            self.commandSink.yield(.connect(failures: failures))
        }
    }

    /// A connection can be lost between its last use and the moment it is parked, when the machine does not know it as
    /// idle yet.
    private func dropIfClosed(_ connection: PostgresConnection) {
        guard !connection.isOpen else {
            return
        }
        self.connectionClosed(connection.id)
    }

    private func connectionClosed(_ id: PostgresConnection.ID) {
        self.connect(self.state.withLock { $0.machine.closed(id) })
    }
}

extension Duration {
    /// The same for Dispatch, to the microsecond.
    var dispatchInterval: DispatchTimeInterval {
        .microseconds(Int(clamping: Int64((self / .microseconds(1)).rounded())))
    }
}
