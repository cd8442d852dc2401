package import Logging
import ServiceLifecycle
package import Storage

/// Keeps the partitions of events: those of the next days are there, so that no event falls into the default partition, and
/// those that are older than the retention go.
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
                let isDone = await self.keepPartitions()
                try? await Task.sleep(for: .seconds(isDone ? 3600 : 30))
            }
        }
    }

    /// Makes and drops what is due. False: something could not be done and is to be tried again.
    func keepPartitions() async -> Bool {
        let isMade = await self.attempt("event partitions could not be made") {
            let made = try await self.database.system { try await $0.ensureEventPartitions(daysAhead: 7) }
            if made > 0 {
                self.logger.info("event partitions made", metadata: ["count": "\(made)"])
            }
        }
        guard let retention = self.retention else { return isMade }
        let isDropped = await self.attempt("old events could not be dropped") {
            while let day = try await self.dropPartition(retention: retention) {
                self.logger.info("a day of events was dropped", metadata: ["day": "\(day)"])
            }
        }
        return isMade && isDropped
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
