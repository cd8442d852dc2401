import Synchronization

/// Lets callers wait until the simulator listens.
final class SimulatorLifecycle: Sendable {
    /// What there is while it listens.
    struct Running: Sendable {
        var port: Int
        var sender: WebhookSender
    }

    private enum Phase {
        /// Can go to `running` and `stopped`.
        case starting(waiters: [Int: CheckedContinuation<Running, any Error>], lastWaiter: Int)
        /// Can go to `stopped`.
        case running(Running)
        case stopped(any Error)
    }

    private let phase = Mutex(Phase.starting(waiters: [:], lastWaiter: 0))

    func start(_ running: Running) {
        for waiter in leaveStarting(to: .running(running)) {
            waiter.resume(returning: running)
        }
    }

    /// Ends it; of several reasons the first counts.
    func stop(because reason: any Error) {
        for waiter in leaveStarting(to: .stopped(reason)) {
            waiter.resume(throwing: reason)
        }
    }

    /// Waits until it listens.
    ///
    /// - Throws: Why it has stopped, `CancellationError` when the caller is cancelled.
    func running() async throws -> Running {
        let id = phase.withLock { phase -> Int in
            guard case .starting(let waiters, let last) = phase else { return 0 }
            phase = .starting(waiters: waiters, lastWaiter: last + 1)
            return last + 1
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = phase.withLock { phase -> Result<Running, any Error>? in
                    switch phase {
                    case .starting(var waiters, let last):
                        if Task.isCancelled { return .failure(CancellationError()) }
                        waiters[id] = continuation
                        phase = .starting(waiters: waiters, lastWaiter: last)
                        return nil
                    case .running(let running): return .success(running)
                    case .stopped(let reason): return .failure(reason)
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = phase.withLock { phase -> CheckedContinuation<Running, any Error>? in
                guard case .starting(var waiters, let last) = phase else { return nil }
                let waiter = waiters.removeValue(forKey: id)
                phase = .starting(waiters: waiters, lastWaiter: last)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private func leaveStarting(to next: sending Phase) -> [CheckedContinuation<Running, any Error>] {
        phase.withLock { phase in
            switch phase {
            case .starting(let waiters, _):
                phase = next
                return Array(waiters.values)
            case .running:
                phase = next
                return []
            case .stopped:
                return []
            }
        }
    }
}
