package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Synchronization

/// Whose events a token's are: all accepted tokens of extensions and of agents in memory, by digest.
///
/// Kept fresh by NOTIFY and by looking at the version of the tokens every 5 seconds. A digest that memory does not have is not
/// answered before the database was asked once more for its version; those who ask meanwhile share that question, so that
/// unknown tokens, however many come, cost one small query at a time.
package final class TokenDirectory: Service, Sendable {
    private struct Waiter: Sendable {
        var since = ContinuousClock.now
        var continuation: CheckedContinuation<Result<Void, any Error>, Never>
    }

    /// Apart, because a token of one kind is unknown at the event URLs of the other.
    private struct Owners: Sendable {
        var extensions: [SecretDigest: EventTokenOwner] = [:]
        var agents: [SecretDigest: AgentTokenOwner] = [:]
    }

    private struct State {
        var owners = Owners()
        /// Of `owners`; nil before they were read.
        var version: Int64?
        var waiters: [Waiter] = []
        /// Whom the look in progress answers.
        var asking: [Waiter] = []
        var hasEnded = false
    }

    private let database: Database
    private let listener: PostgresListener
    private let interval: Duration
    /// How long an unknown digest waits for the database.
    private let patience: Duration
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// A directory that answers while ``run()`` runs.
    ///
    /// `interval`: between two looks at the version without a reason. `patience`: how long an unknown digest waits for the
    /// database.
    package init(
        database: Database,
        listener: PostgresListener,
        interval: Duration = .seconds(5),
        patience: Duration = .seconds(3),
        logger: Logger
    ) {
        self.database = database
        self.listener = listener
        self.interval = interval
        self.patience = patience
        self.logger = logger
        (self.wakeUps, self.wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// The owner of a token of an extension; nil when no such token has this digest, or its tenant is being removed.
    ///
    /// - Throws: ``StorageError`` when memory does not have it and the database cannot be asked; ``IntakeError/unavailable`` when
    ///   it does not answer; ``IntakeError/shuttingDown`` when it cannot be asked because the directory has ended.
    package func owner(of digest: SecretDigest) async throws -> EventTokenOwner? {
        try await self.find { $0.extensions[digest] }
    }

    /// The owner of a token of an agent.
    ///
    /// - Throws: as ``owner(of:)``.
    package func agentOwner(of digest: SecretDigest) async throws -> AgentTokenOwner? {
        try await self.find { $0.agents[digest] }
    }

    private func find<Owner: Sendable>(_ look: @Sendable (Owners) -> Owner?) async throws -> Owner? {
        if let owner = self.state.withLock({ look($0.owners) }) {
            return owner
        }
        let synced: Result<Void, any Error> = await withCheckedContinuation { continuation in
            let isAccepted = self.state.withLock { state in
                guard !state.hasEnded else { return false }
                state.waiters.append(Waiter(continuation: continuation))
                return true
            }
            if isAccepted {
                self.wake.yield()
            } else {
                continuation.resume(returning: .failure(IntakeError.shuttingDown))
            }
        }
        try synced.get()
        return self.state.withLock { look($0.owners) }
    }

    /// Keeps the tokens fresh until graceful shutdown.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in self.listener.events(on: Channel.tokens) {
                        self.wake.yield()
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: self.interval)
                        self.wake.yield()
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: self.patience / 4)
                        self.disappoint(before: .now - self.patience)
                    }
                }
                await self.sync()
                for await _ in self.wakeUps {
                    await self.sync()
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.wake.finish()
        }
        let waiters = self.state.withLock { state in
            state.hasEnded = true
            defer { (state.waiters, state.asking) = ([], []) }
            return state.waiters + state.asking
        }
        for waiter in waiters {
            waiter.continuation.resume(returning: .failure(IntakeError.shuttingDown))
        }
    }

    /// Answers those who have waited too long: the database does not even refuse.
    private func disappoint(before instant: ContinuousClock.Instant) {
        let waiters = self.state.withLock { state in
            let isLate = { (waiter: Waiter) in waiter.since < instant }
            defer {
                state.waiters.removeAll(where: isLate)
                state.asking.removeAll(where: isLate)
            }
            return (state.waiters + state.asking).filter(isLate)
        }
        for waiter in waiters {
            waiter.continuation.resume(returning: .failure(IntakeError.unavailable))
        }
    }

    /// Reads the tokens when their version has changed, then answers those who waited before it began.
    private func sync() async {
        let known = self.state.withLock { state in
            (state.asking, state.waiters) = (state.waiters, [])
            return state.version
        }
        let result: Result<Void, any Error>
        do {
            try await self.database.system { transaction in
                // The version first: what changes between the two reads is read again next time.
                let version = try await transaction.eventTokens.version()
                guard version != known else { return }
                let owners = Owners(
                    extensions: try await transaction.eventTokens.owners(),
                    agents: try await transaction.agentTokens.owners()
                )
                self.state.withLock { state in
                    state.owners = owners
                    state.version = version
                }
            }
            result = .success(())
        } catch {
            let text = (error as? StorageError)?.description ?? "\(type(of: error))"
            self.logger.warning("event tokens could not be read", metadata: ["error": .string(text)])
            result = .failure(error)
        }
        let waiters = self.state.withLock { state in
            defer { state.asking = [] }
            return state.asking
        }
        for waiter in waiters {
            waiter.continuation.resume(returning: result)
        }
    }
}
