import FoundationEssentials
package import Logging
package import Postgres
package import Storage
package import Telephony

/// What the HTTP interface works with; made by the composition root, which also runs the services among them.
package struct WebAPIDependencies: Sendable {
    package var database: Database
    package var listener: PostgresListener
    package var keyRing: KeyRing
    package var intake: EventIntake
    package var tokens: TokenDirectory
    package var exports: CallExports
    package var liveNews: LiveNews
    /// The metrics in the text format of Prometheus.
    package var renderMetrics: @Sendable () -> String
    /// The state of what the server needs, asked at each `/readyz`.
    package var readiness: @Sendable () async -> [ReadinessCheck]
    /// Our clock.
    package var now: @Sendable () -> Timestamp
    package var logger: Logger

    package init(
        database: Database,
        listener: PostgresListener,
        keyRing: KeyRing,
        intake: EventIntake,
        tokens: TokenDirectory,
        exports: CallExports,
        liveNews: LiveNews,
        renderMetrics: @escaping @Sendable () -> String,
        readiness: @escaping @Sendable () async -> [ReadinessCheck],
        now: @escaping @Sendable () -> Timestamp = Self.systemClock,
        logger: Logger
    ) {
        self.database = database
        self.listener = listener
        self.keyRing = keyRing
        self.intake = intake
        self.tokens = tokens
        self.exports = exports
        self.liveNews = liveNews
        self.renderMetrics = renderMetrics
        self.readiness = readiness
        self.now = now
        self.logger = logger
    }

    /// The clock of the machine.
    package static let systemClock: @Sendable () -> Timestamp = {
        Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
    }
}
