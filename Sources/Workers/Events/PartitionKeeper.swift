package import Logging
import ServiceLifecycle
package import Storage

/// Keeps the partitions of events: those of the next days are there, so that no event falls into the default partition, and
/// those that are older than the retention go. Agents' events, which are few, lie in one table and go with them. So do the
/// answers to idempotent requests, after a day.
package struct PartitionKeeper: Service {
    private let database: Database
    private let retention: Duration?
    private let logger: Logger

    /// `retention`: how long events are kept; nil: for ever, or another process looks after it.
    package init(database: Database, retention: Duration? = nil, logger: Logger) {
        self.database = database
        self.retention = retention
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let pause = await self.keepPartitions()
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Makes and drops what is due, and says when to come again: soon when a day is missing, later when one could not be dropped,
    /// which costs more and can wait.
    func keepPartitions() async -> Duration {
        let isMade = await self.attempt("event partitions could not be made") {
            let made = try await self.database.system { try await $0.ensureEventPartitions(daysAhead: 7) }
            if made > 0 {
                self.logger.info("event partitions made", metadata: ["count": "\(made)"])
            }
        }
        guard isMade else { return .seconds(30) }
        _ = await self.attempt("old answers to idempotent requests could not be removed") {
            _ = try await self.database.system { try await $0.idempotency.dropOld() }
        }
        guard let retention = self.retention else { return .seconds(3600) }
        let isDropped = await self.attempt("old events could not be dropped") {
            while let day = try await self.dropPartition(retention: retention) {
                self.logger.info("a day of events was dropped", metadata: ["day": "\(day)"])
            }
            _ = try await self.database.system(statementTimeout: .seconds(1800)) { transaction in
                try await transaction.deleteAgentEvents(olderThanSeconds: Int(retention.components.seconds))
            }
        }
        return isDropped ? .seconds(3600) : .seconds(600)
    }

    /// Looking for the calls that go on after the day may take a while; it holds nobody up.
    private func dropPartition(retention: Duration) async throws -> String? {
        try await self.database.system(statementTimeout: .seconds(1800)) { transaction in
            try await transaction.dropEventPartition(retention: retention)
        }
    }

    private func attempt(_ failure: Logger.Message, _ work: () async throws -> Void) async -> Bool {
        do {
            try await work()
            return true
        } catch {
            self.logger.warning(failure, metadata: ["error": "\(error)"])
            return false
        }
    }
}
