package import Logging
import ServiceLifecycle
package import Storage

/// Keeps the partitions of the next days there, so that no event falls into the default partition.
package struct PartitionKeeper: Service {
    private let database: Database
    private let logger: Logger

    package init(database: Database, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isDone = await self.ensurePartitions()
                try? await Task.sleep(for: .seconds(isDone ? 3600 : 30))
            }
        }
    }

    private func ensurePartitions() async -> Bool {
        do {
            let made = try await self.database.system { try await $0.ensureEventPartitions(daysAhead: 7) }
            if made > 0 {
                self.logger.info("event partitions made", metadata: ["count": "\(made)"])
            }
            return true
        } catch {
            self.logger.warning("event partitions could not be made", metadata: ["error": "\(error)"])
            return false
        }
    }
}
