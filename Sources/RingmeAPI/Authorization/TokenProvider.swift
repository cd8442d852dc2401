import Synchronization

/// Gives out the access token of one application and gets a new one when that is due (`TokenStateMachine`). The request
/// runs in the task that first needs the token, so nothing outlives its caller.
final class TokenProvider: Sendable {
    private typealias Waiter = CheckedContinuation<TokenResolution, Never>

    private let machine = Mutex(TokenStateMachine<Waiter>())
    private let fetch: @Sendable () async throws(PBXError) -> AccessToken

    /// A provider without a token.
    ///
    /// - Parameter fetch: asks the PBX for a token.
    init(fetch: @escaping @Sendable () async throws(PBXError) -> AccessToken) {
        self.fetch = fetch
    }

    /// The token to use now.
    ///
    /// - Returns: a token that is not due for renewal.
    /// - Throws: what the request for a token failed with; `cancelled` when this task was cancelled.
    func token() async throws(PBXError) -> AccessToken {
        let id = self.machine.withLock { $0.makeID() }
        let resolution = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let action = self.machine.withLock { $0.request(id: id, waiter: continuation, now: .now) }
                if case .resume(let waiter, let resolution) = action {
                    waiter.resume(returning: resolution)
                } else if Task.isCancelled {
                    // The handler below may have run before there was something to cancel.
                    self.cancel(id)
                }
            }
        } onCancel: {
            self.cancel(id)
        }
        switch resolution {
        case .use(let token): return token
        case .refresh: return try await self.refresh()
        case .failed(let error): throw error
        case .cancelled: throw PBXError(.cancelled, operation: .token)
        }
    }

    /// Says that the PBX answered 401 to a token.
    func reject(_ token: AccessToken) {
        self.machine.withLock { $0.rejected(token) }
    }

    private func refresh() async throws(PBXError) -> AccessToken {
        let result: Result<AccessToken, PBXError>
        do throws(PBXError) {
            result = .success(try await self.fetch())
        } catch {
            result = .failure(error)
        }
        let action = self.machine.withLock { $0.finished(result) }
        for waiter in action.waiters {
            waiter.resume(returning: action.resolution)
        }
        return try result.get()
    }

    private func cancel(_ id: Int) {
        self.machine.withLock { $0.cancel(id: id) }?.resume(returning: .cancelled)
    }
}
