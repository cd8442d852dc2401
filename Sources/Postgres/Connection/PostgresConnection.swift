import Dispatch
import Logging
import Synchronization

/// One connection to PostgreSQL.
///
/// The actor runs on a serial queue of its own, which also watches the socket; libpq is never blocking on it once it is
/// connected. What the callers ask for goes through a ``PipelineStateMachine``: concurrent callers share the pipeline,
/// in the order of their calls, and an error of one is not seen by the others.
///
/// A cancelled task cancels its query on the server (PostgreSQL cancels whatever the session runs at that moment, so a
/// query of another caller that was behind it in the pipeline can be hit; it then fails with
/// ``SQLState/queryCanceled``), then waits for the server's answer, so the connection can be used on; a server that
/// does not answer within ``cancelPatience`` loses the connection.
package actor PostgresConnection: Identifiable {
    /// What is known about the connection without asking its actor.
    struct Status: Sendable, Equatable {
        var isOpen = true
        /// Open, nothing on its way, no transaction.
        var isReusable = true
    }

    /// Who wants to hear from the connection. Called on its queue.
    struct Observer: Sendable {
        var onNotification: @Sendable (_ channel: String, _ payload: String) -> Void = { _, _ in }
        var onClose: @Sendable (PostgresConnection.ID) -> Void = { _ in }
    }

    /// How long a cancelled query may take to stop.
    static let cancelPatience = DispatchTimeInterval.seconds(5)

    private static let lastID = Atomic<UInt64>(0)

    /// A number that no other connection of this process has.
    package nonisolated let id: UInt64
    nonisolated let executor: QueueExecutor
    nonisolated let status = Mutex(Status())
    nonisolated let logger: Logger
    let target: String
    private let observer: Observer
    var libpq: LibpqConnection
    var machine = PipelineStateMachine<PipelineSegment>()
    var statements: PreparedStatements
    var transactions = TransactionTracker()
    /// Statements of a transaction whose BEGIN is on its way.
    var beginWaiters: [CheckedContinuation<Void, Never>] = []
    /// Answered, but not told so: the cancel request for it is still on its way.
    var heldSegment: PipelineSegment?
    /// Waits for the socket during an exclusive segment.
    var socketWaiter: CheckedContinuation<Void, Never>?
    private var watcher: SocketWatcher?
    private var lastSegment: UInt64 = 0

    init(
        adopting libpq: consuming sending LibpqConnection,
        id: UInt64,
        executor: QueueExecutor,
        configuration: PostgresConfiguration,
        observer: Observer,
        logger: Logger
    ) {
        self.id = id
        self.executor = executor
        self.target = configuration.hostDescription
        self.observer = observer
        self.logger = logger
        self.statements = PreparedStatements(isEnabled: configuration.preparedStatements)
        self.libpq = libpq
    }

    /// A number that no other connection of this process has.
    static func nextID() -> UInt64 {
        self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Whether the connection can be given to the next user: open, nothing on its way, no transaction.
    nonisolated var isReusable: Bool { self.status.withLock { $0.isReusable } }

    nonisolated var isOpen: Bool { self.status.withLock { $0.isOpen } }

    /// The process id of the server's side (`pg_backend_pid()`).
    package var backendProcess: Int32 { self.libpq.backendProcess }

    /// Closes the connection. What is on its way fails with `connectionLost`.
    package func close() async {
        self.close(PostgresError(.connectionLost, message: "the connection was closed by this side"))
    }

    /// Closes the connection, soon and without waiting for it.
    nonisolated func closeSoon() {
        self.executor.queue.async {
            self.assumeIsolated {
                $0.close(PostgresError(.connectionLost, message: "the connection was closed by this side"))
            }
        }
    }

    /// Begins to watch the socket. False when the process has no descriptor left.
    func startWatching() -> Bool {
        self.watcher = SocketWatcher(
            socket: self.libpq.socket,
            queue: self.executor.queue,
            onReadable: { [weak self] in self?.assumeIsolated { $0.socketIsReadable() } },
            onWritable: { [weak self] in self?.assumeIsolated { $0.socketIsWritable() } }
        )
        return self.watcher != nil
    }

    func nextSegmentID() -> UInt64 {
        self.lastSegment += 1
        return self.lastSegment
    }
}

// MARK: - Socket

extension PostgresConnection {
    /// Sends what is left, and watches for room when it does not all fit.
    ///
    /// - Returns: Whether something is left.
    @discardableResult
    func flush() -> Bool {
        guard !self.machine.isClosed else {
            return false
        }
        switch self.libpq.flush() {
        case .done:
            self.watcher?.watchWrites(false)
            return false
        case .pending:
            self.watcher?.watchWrites(true)
            return true
        case .failed:
            self.lose()
            return false
        }
    }

    private func socketIsWritable() {
        self.flush()
        self.wakeSocketWaiter()
    }

    private func socketIsReadable() {
        guard !self.machine.isClosed else {
            return
        }
        var isAlive = self.libpq.consumeInput()
        self.receive()
        if self.libpq.isEncrypted {
            // TLS hands over one record at a time, and what stays in its buffer does not make the socket readable
            // again.
            var rounds = 0
            while isAlive, rounds < 8, self.machine.expectsResults {
                isAlive = self.libpq.consumeInput()
                self.receive()
                rounds += 1
            }
        }
        guard isAlive else {
            self.lose()
            return
        }
        while let notification = self.libpq.nextNotification() {
            self.observer.onNotification(notification.channel, notification.payload)
        }
        self.flush()
        self.wakeSocketWaiter()
        self.advance()
    }

    private func wakeSocketWaiter() {
        self.socketWaiter?.resume()
        self.socketWaiter = nil
    }

    /// The connection is gone: libpq's reason becomes everybody's error.
    func lose() {
        let reason = self.libpq.errorMessage.firstLine
        self.close(
            PostgresError(
                .connectionLost,
                message: "the connection to PostgreSQL at \(self.target) was lost: \(reason)"
            )
        )
    }

    func close(_ error: PostgresError) {
        guard !self.machine.isClosed else {
            return
        }
        var unfinished = self.machine.close()
        if let held = self.heldSegment {
            unfinished.insert(held, at: 0)
            self.heldSegment = nil
        }
        self.watcher = nil
        self.libpq.close()
        self.status.withLock { $0 = Status(isOpen: false, isReusable: false) }
        self.wakeSocketWaiter()
        for segment in unfinished {
            segment.fail(segment.isCancelled ? .cancelled : error)
            segment.resume()
        }
        self.observer.onClose(self.id)
    }

    /// Makes the state known to those who may not ask the actor.
    func publishStatus() {
        let isReusable = self.machine.isIdle && self.libpq.transactionStatus == .idle
        self.status.withLock { status in
            if status.isOpen {
                status.isReusable = isReusable
            }
        }
    }
}
