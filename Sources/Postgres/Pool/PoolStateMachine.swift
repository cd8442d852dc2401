/// Which connections a pool has, who uses them, and who waits for one.
///
/// Connections are opened on demand, and one is kept in any case, so that the pool knows whether the database is there.
/// While none is open and the last attempt failed, the pool is *broken*: leases fail at once with that error, and one
/// attempt after the other, with growing pauses, finds out when the database is back.
struct PoolStateMachine<Connection: Identifiable, Waiter: Identifiable> {
    enum State {
        /// Leases wait for the start.
        ///
        /// Can transition to `running` and `ended`.
        case created
        /// Can transition to:
        ///   - `broken` when an attempt to connect fails while nothing is open and no other attempt is going on.
        ///   - `draining` when the pool is shut down and connections are leased.
        ///   - `ended` when the pool is shut down and none is.
        case running
        /// Leases fail with the error.
        ///
        /// Can transition to `running` when an attempt succeeds, and to `ended` when the pool is shut down.
        case broken(PostgresError)
        /// Leases are refused, the leased connections are waited for.
        ///
        /// Can transition to `ended` when the last one has come back, or has not come back in time.
        case draining
        /// Final.
        case ended
    }

    /// The most connections that may be open at once.
    let size: Int
    private(set) var state = State.created
    /// The last one used is used first: the others can be closed by whoever is in between.
    private var idle: [Connection] = []
    private var leased: [Connection.ID: Connection] = [:]
    private var waiters = Queue<Waiter>()
    /// Attempts to connect that are going on or pausing.
    private(set) var attempts = 0
    /// Attempts that failed since the last one that succeeded.
    private var failures = 0

    init(size: Int) {
        self.size = max(1, size)
    }

    var statistics: PoolStatistics {
        PoolStatistics(
            open: self.idle.count + self.leased.count,
            leased: self.leased.count,
            waiting: self.waiters.count
        )
    }

    private var openCount: Int { self.idle.count + self.leased.count }

    /// What to connect for the waiters that no attempt is going on for.
    private mutating func attemptsForWaiters() -> Int {
        let room = self.size - self.openCount - self.attempts
        let wanted = max(0, min(room, self.waiters.count - self.attempts))
        self.attempts += wanted
        return wanted
    }
}

// MARK: - Starting and stopping

extension PoolStateMachine {
    /// The pool's service runs. Answers how many connections to open.
    mutating func start() -> Int {
        guard case .created = self.state else {
            return 0
        }
        self.state = .running
        self.attempts = max(1, min(self.size, self.waiters.count))
        return self.attempts
    }

    struct ShutDownAction {
        var close: [Connection] = []
        var refuse: [Waiter] = []
        /// Nothing is leased: the pool has ended.
        var hasEnded = false
    }

    /// No new leases; what is leased is waited for.
    mutating func shutDown() -> ShutDownAction {
        switch self.state {
        case .draining, .ended:
            return ShutDownAction()
        case .created, .running, .broken:
            let action = ShutDownAction(
                close: self.idle,
                refuse: self.waiters.removeAll(),
                hasEnded: self.leased.isEmpty
            )
            self.idle = []
            self.state = self.leased.isEmpty ? .ended : .draining
            return action
        }
    }

    /// Leased connections are not waited for any more. Answers which to close under their users.
    mutating func end() -> ShutDownAction {
        var action = self.shutDown()
        guard case .draining = self.state else {
            return action
        }
        action.close += Array(self.leased.values)
        action.hasEnded = true
        self.leased = [:]
        self.state = .ended
        return action
    }
}

// MARK: - Leases

extension PoolStateMachine {
    enum LeaseAction {
        case lease(Connection)
        /// Wait, and open so many connections (0 or 1).
        case wait(connect: Int)
        case fail(PostgresError)
    }

    /// Somebody wants a connection.
    mutating func lease(_ waiter: Waiter) -> LeaseAction {
        switch self.state {
        case .created:
            self.waiters.append(waiter)
            return .wait(connect: 0)
        case .running:
            guard let connection = self.idle.popLast() else {
                self.waiters.append(waiter)
                return .wait(connect: self.attemptsForWaiters())
            }
            self.leased[connection.id] = connection
            return .lease(connection)
        case .broken(let error):
            return .fail(error)
        case .draining, .ended:
            return .fail(PostgresError(.poolClosed, message: "the connection pool is shutting down"))
        }
    }

    /// A waiter does not want to wait any more. Answers the waiter, nil when it was served meanwhile.
    mutating func abandon(_ id: Waiter.ID) -> Waiter? {
        self.waiters.remove { $0.id == id }
    }

    enum ReleaseAction {
        /// Kept for the next user.
        case park
        case lease(Connection, Waiter)
        /// Close it, and open so many others.
        case close(Connection, connect: Int)
        /// Close it: it was the last one of a pool that shuts down.
        case closeAndEnd(Connection)
    }

    /// A connection comes back.
    mutating func release(_ connection: Connection, isReusable: Bool) -> ReleaseAction {
        guard self.leased.removeValue(forKey: connection.id) != nil else {
            return .close(connection, connect: 0)
        }
        if case .draining = self.state {
            guard self.leased.isEmpty else {
                return .close(connection, connect: 0)
            }
            self.state = .ended
            return .closeAndEnd(connection)
        }
        guard isReusable else {
            return .close(connection, connect: self.attemptsAfterLoss())
        }
        guard let waiter = self.waiters.popFirst() else {
            self.idle.append(connection)
            return .park
        }
        self.leased[connection.id] = connection
        return .lease(connection, waiter)
    }
}

// MARK: - Connections

extension PoolStateMachine {
    enum ConnectedAction {
        /// Give it to the waiter.
        case lease(Connection, Waiter, hasRecovered: Bool, connect: Int)
        case park(hasRecovered: Bool)
        /// Not wanted any more.
        case close(Connection)
    }

    /// An attempt to connect succeeded.
    mutating func connected(_ connection: Connection) -> ConnectedAction {
        self.attempts = max(0, self.attempts - 1)
        var hasRecovered = false
        switch self.state {
        case .running:
            break
        case .broken:
            hasRecovered = true
            self.state = .running
        case .created, .draining, .ended:
            return .close(connection)
        }
        self.failures = 0
        guard let waiter = self.waiters.popFirst() else {
            self.idle.append(connection)
            return .park(hasRecovered: hasRecovered)
        }
        self.leased[connection.id] = connection
        let connect = self.attemptsForWaiters()
        return .lease(connection, waiter, hasRecovered: hasRecovered, connect: connect)
    }

    struct ConnectFailedAction {
        var fail: [Waiter] = []
        /// Try again after the pause that belongs to so many failures; nil: do not.
        var retryAfterFailures: Int?
        /// The pool was not broken before.
        var hasBroken = false
    }

    /// An attempt to connect failed.
    mutating func connectFailed(_ error: PostgresError) -> ConnectFailedAction {
        self.attempts = max(0, self.attempts - 1)
        self.failures += 1
        var action = ConnectFailedAction()
        switch self.state {
        case .created, .draining, .ended:
            return action
        case .running, .broken:
            // Another attempt may still succeed, and goes on if not.
            guard self.attempts == 0 else {
                return action
            }
        }
        if self.openCount == 0 {
            if case .running = self.state {
                action.hasBroken = true
            }
            self.state = .broken(error)
            action.fail = self.waiters.removeAll()
        } else if self.waiters.isEmpty {
            // The connections that are open do.
            return action
        }
        self.attempts = 1
        action.retryAfterFailures = self.failures
        return action
    }

    /// A connection was lost. Answers how many others to open; a leased one is reported again when it comes back.
    mutating func closed(_ id: Connection.ID) -> Int {
        guard let index = self.idle.firstIndex(where: { $0.id == id }) else {
            return 0
        }
        self.idle.remove(at: index)
        return self.attemptsAfterLoss()
    }

    private mutating func attemptsAfterLoss() -> Int {
        guard case .running = self.state else {
            return 0
        }
        let connect = self.attemptsForWaiters()
        guard connect == 0, self.openCount == 0, self.attempts == 0 else {
            return connect
        }
        self.attempts = 1
        return 1
    }
}
