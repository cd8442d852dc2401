package import Logging
import Metrics
import ServiceLifecycle
package import Storage

/// Removes the call records that are older than their tenant keeps them, hourly, in small transactions.
package struct CallRetentionKeeper: Service {
    private let database: Database
    private let retention: Duration?
    private let batchSize: Int
    private let logger: Logger
    private let removed = Counter(label: "ringbridge_removed_calls")

    /// `retention`: `CALL_RETENTION`, for tenants without a setting of their own; nil: unlimited.
    /// `batchSize`: records a transaction.
    package init(database: Database, retention: Duration?, batchSize: Int = 500, logger: Logger) {
        self.database = database
        self.retention = retention
        self.batchSize = batchSize
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    _ = try await self.removeOldCalls()
                } catch {
                    self.logger.warning(
                        "old calls could not be removed; it will be tried again",
                        metadata: ["error": "\(error)"]
                    )
                }
                try? await Task.sleep(for: .seconds(3600))
            }
        }
    }

    /// Removes all that is too old now; returns how many records that were.
    ///
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func removeOldCalls() async throws -> Int {
        let horizons = try await self.database.system { try await $0.callRetention.horizons(fallback: self.retention) }
        var total = 0
        for horizon in horizons {
            var count = 0
            while true {
                let batch = try await self.database.system { transaction in
                    try await transaction.callRetention.prune(horizon, limit: self.batchSize)
                }
                guard batch > 0 else { break }
                count += batch
                self.removed.increment(by: batch)
            }
            if count > 0 {
                self.logger.info(
                    "old calls removed",
                    metadata: ["tenant.id": "\(horizon.scope.tenantID)", "count": "\(count)"]
                )
            }
            total += count
        }
        return total
    }
}
