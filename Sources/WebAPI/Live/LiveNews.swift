package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Synchronization
import Telephony

/// Tells the readers of the live feed that their tenant has news.
///
/// One look a server serves all readers: at most ten times a second it asks which of the tenants that somebody reads have events
/// that became visible since the look before. It is woken by the notification of each batch of events, which may be lost, and
/// by a timer. While nobody reads, nothing is asked.
package final class LiveNews: Service, Sendable {
    private struct State {
        var lastReader: UInt64 = 0
        var readers: [TenantID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    }

    /// What a look leaves for the next.
    private struct Look {
        /// Those that somebody read when it began.
        var tenants: Set<TenantID>
        var place: LivePlace
    }

    /// Between two looks that notifications ask for.
    private static let pace = Duration.milliseconds(100)
    /// Between two looks that nobody asks for.
    private static let interval = Duration.milliseconds(500)

    private let database: Database
    private let listener: PostgresListener
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// News come while ``run()`` runs.
    package init(database: Database, listener: PostgresListener, logger: Logger) {
        self.database = database
        self.listener = listener
        self.logger = logger
        (self.wakeUps, self.wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// An element whenever the tenant may have news, from now on, for as long as somebody holds on to the stream.
    func news(of tenantID: TenantID) -> AsyncStream<Void> {
        let (news, reader) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = self.state.withLock { state in
            state.lastReader += 1
            state.readers[tenantID, default: [:]][state.lastReader] = reader
            return state.lastReader
        }
        reader.onTermination = { _ in
            self.state.withLock { state in
                state.readers[tenantID]?[id] = nil
                if state.readers[tenantID]?.isEmpty == true {
                    state.readers[tenantID] = nil
                }
            }
        }
        return news
    }

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for channel in [Channel.assembly, Channel.agentPresence] {
                    group.addTask {
                        for await _ in self.listener.events(on: channel) {
                            self.wake.yield()
                        }
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.interval)
                        self.wake.yield()
                    }
                }
                var last: Look?
                for await _ in self.wakeUps {
                    last = await self.look(after: last)
                    try? await Task.sleep(for: Self.pace)
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.wake.finish()
        }
    }

    /// Wakes the readers of tenants with news, and all of a tenant that the look before did not know: they may have looked
    /// between the two.
    private func look(after last: Look?) async -> Look? {
        let tenants = self.state.withLock { Set($0.readers.keys) }
        guard !tenants.isEmpty else { return nil }
        do {
            let known = tenants.intersection(last?.tenants ?? [])
            let (found, place) = try await self.database.system { try await $0.liveNews(of: known, since: last?.place) }
            self.tell(found.union(tenants.subtracting(known)))
            return Look(tenants: tenants, place: place)
        } catch {
            self.logger.debug("live news could not be looked for", metadata: ["error": "\(error)"])
            return last
        }
    }

    private func tell(_ tenants: Set<TenantID>) {
        let readers = self.state.withLock { state in tenants.compactMap { state.readers[$0]?.values } }
        for reader in readers.joined() {
            reader.yield()
        }
    }
}
