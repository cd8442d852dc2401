import Logging
import Postgres
import ServiceLifecycle

/// Calls `work` at once, at each notification on a channel, and at least every `interval`, one call at a time, until graceful
/// shutdown. A notification may be lost, the timer is not; wake-ups during a call are one.
///
/// An error of `work` is logged and the next wake-up tries again: what is to be done stays in the database.
func forEachWakeUp(
    on channel: String,
    of listener: PostgresListener,
    every interval: Duration,
    logger: Logger,
    _ work: () async throws -> Void
) async {
    await forEachTick(every: interval, logger: logger, work) { wake in
        for await _ in listener.events(on: channel) {
            wake()
        }
    }
}

/// Calls `work` at once and every `interval`, and when `source` wakes it, as `forEachWakeUp` does.
func forEachTick(
    every interval: Duration,
    logger: Logger,
    _ work: () async throws -> Void,
    source: @escaping @Sendable (_ wake: @Sendable () -> Void) async -> Void = { _ in }
) async {
    let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { sources in
        sources.addTask {
            await source { wake.yield() }
        }
        sources.addTask {
            while !Task.isCancelled {
                wake.yield()
                try? await Task.sleep(for: interval)
            }
        }
        for await _ in wakeUps.cancelOnGracefulShutdown() {
            do {
                try await work()
            } catch {
                logger.warning("work failed; it will be tried again", metadata: ["error": "\(error)"])
            }
        }
        sources.cancelAll()
    }
}
