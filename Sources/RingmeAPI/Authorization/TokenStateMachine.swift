/// What a task that asked for a token is told.
enum TokenResolution: Sendable, Equatable {
    /// Use this token.
    case use(AccessToken)
    /// Get a new token and report it by `finished`; the others wait for it.
    case refresh
    /// The refresh that this task waited for failed.
    case failed(PBXError)
    /// The task was cancelled while it waited.
    case cancelled
}

/// One access token for many tasks: at most one request for a new one is under way, everybody else waits for its
/// result. Pure: `Waiter` is whatever the shell resumes.
struct TokenStateMachine<Waiter> {
    private enum State {
        /// No usable token. Can become: `refreshing`.
        case empty
        /// Can become: `refreshing` when it is due, `empty` when the PBX rejected it.
        case valid(AccessToken)
        /// One task gets a token. Can become: `valid`, `empty` when it failed, `refreshing` again when that task was
        /// cancelled and a waiting one takes its place.
        case refreshing(waiting: [(id: Int, waiter: Waiter)])
    }

    /// What happens to a task that asks.
    enum RequestAction {
        case resume(Waiter, TokenResolution)
        case wait
    }

    /// Who is told what after a refresh.
    struct FinishAction {
        var waiters: [Waiter]
        var resolution: TokenResolution
    }

    private var state = State.empty
    private var lastID = 0

    /// A number for one task's `request` and `cancel`.
    mutating func makeID() -> Int {
        self.lastID += 1
        return self.lastID
    }

    /// A task wants a token.
    ///
    /// - Parameters:
    ///   - id: the task's number.
    ///   - waiter: resumes the task.
    ///   - now: the current instant.
    /// - Returns: what the task is told at once, or that it waits.
    mutating func request(id: Int, waiter: Waiter, now: ContinuousClock.Instant) -> RequestAction {
        switch self.state {
        case .valid(let token) where now < token.renewAt:
            return .resume(waiter, .use(token))
        case .empty, .valid:
            self.state = .refreshing(waiting: [])
            return .resume(waiter, .refresh)
        case .refreshing(var waiting):
            waiting.append((id, waiter))
            self.state = .refreshing(waiting: waiting)
            return .wait
        }
    }

    /// A waiting task was cancelled.
    ///
    /// - Parameter id: the task's number.
    /// - Returns: its waiter, or nil when it does not wait (any more).
    mutating func cancel(id: Int) -> Waiter? {
        guard case .refreshing(var waiting) = self.state, let index = waiting.firstIndex(where: { $0.id == id }) else {
            return nil
        }
        let waiter = waiting.remove(at: index).waiter
        self.state = .refreshing(waiting: waiting)
        return waiter
    }

    /// The task that was told to refresh has a result.
    ///
    /// - Parameter result: the new token, or why there is none. When that task was cancelled, the first of those that
    ///   wait is told to refresh in its place.
    /// - Returns: who is told what.
    mutating func finished(_ result: Result<AccessToken, PBXError>) -> FinishAction {
        guard case .refreshing(let waiting) = self.state else {
            return FinishAction(waiters: [], resolution: .cancelled)
        }
        switch result {
        case .success(let token):
            self.state = .valid(token)
            return FinishAction(waiters: waiting.map(\.waiter), resolution: .use(token))
        case .failure(let error) where error.code == .cancelled:
            guard let next = waiting.first else {
                self.state = .empty
                return FinishAction(waiters: [], resolution: .cancelled)
            }
            self.state = .refreshing(waiting: Array(waiting.dropFirst()))
            return FinishAction(waiters: [next.waiter], resolution: .refresh)
        case .failure(let error):
            self.state = .empty
            return FinishAction(waiters: waiting.map(\.waiter), resolution: .failed(error))
        }
    }

    /// The PBX answered 401 to a token. A newer one is not touched.
    mutating func rejected(_ token: AccessToken) {
        if case .valid(token) = self.state {
            self.state = .empty
        }
    }
}
