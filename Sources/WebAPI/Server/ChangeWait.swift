import Postgres
import ServiceLifecycle
import Storage
import Telephony

/// Where news of a tenant come from.
enum NewsSource: Sendable {
    /// A NOTIFY channel whose payload is the tenant's mark.
    case channel(String)
    /// Events that became visible, of calls and of agents.
    case live
}

/// Waits for something to change in the database: woken by a notification, and by a timer, since a notification can be lost.
struct ChangeWait: Sendable {
    private let listener: PostgresListener
    private let liveNews: LiveNews
    private let marks: WakeUpMarks

    init(listener: PostgresListener, liveNews: LiveNews, database: Database) {
        self.listener = listener
        self.liveNews = liveNews
        self.marks = WakeUpMarks(database: database)
    }

    /// Looks now, at each notification of the tenant on the channel, at each tick and once at the end.
    ///
    /// Ends early at graceful shutdown and when the task is cancelled.
    ///
    /// `time`: how long; nil: until it comes.
    /// `look`: gives the awaited value, or nil while it is not there.
    /// - Returns: nil when the time passed without it.
    /// - Throws: what `look` throws.
    func first<Value: Sendable>(
        on channel: String,
        of tenantID: TenantID,
        within time: Duration?,
        every tick: Duration,
        _ look: () async throws -> Value?
    ) async throws -> Value? {
        try await self.first(from: .channel(channel), of: tenantID, within: time, every: tick, look)
    }

    /// The same, for news from anywhere.
    func first<Value: Sendable>(
        from source: NewsSource,
        of tenantID: TenantID,
        within time: Duration?,
        every tick: Duration,
        _ look: () async throws -> Value?
    ) async throws -> Value? {
        // Listening begins before the first look, so that nothing falls between.
        let forward = await self.forwarding(from: source, of: tenantID)
        let (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { await forward(wake) }
                group.addTask {
                    while true {
                        try await Task.sleep(for: tick)
                        wake.yield()
                    }
                }
                if let time {
                    group.addTask {
                        try await Task.sleep(for: time)
                        wake.finish()
                    }
                }
                if let value = try await look() {
                    return value
                }
                for await _ in wakeUps {
                    if let value = try await look() {
                        return value
                    }
                }
                return Task.isCancelled ? nil : try await look()
            }
        } onGracefulShutdown: {
            wake.finish()
        }
    }

    /// What listens from now on, and wakes when there are news.
    private func forwarding(
        from source: NewsSource,
        of tenantID: TenantID
    ) async -> @Sendable (AsyncStream<Void>.Continuation) async -> Void {
        switch source {
        case .channel(let channel):
            // While the database is away there is none, and every notification is worth a look.
            let mark = try? await self.marks.mark(of: tenantID)
            let events = self.listener.events(on: channel)
            return { wake in
                for await event in events where event.concerns(mark) {
                    wake.yield()
                }
            }
        case .live:
            let news = self.liveNews.news(of: tenantID)
            return { wake in
                for await _ in news {
                    wake.yield()
                }
            }
        }
    }
}

extension ListenerEvent {
    /// Whether the tenant may have news.
    fileprivate func concerns(_ mark: WakeUpMark?) -> Bool {
        switch self {
        case .notification(let payload): mark?.matches(payload) ?? true
        case .reconnected: true
        }
    }
}
