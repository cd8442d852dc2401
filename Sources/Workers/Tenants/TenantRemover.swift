package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Telephony

/// Erases the data of tenants that are being removed, once the PBX has confirmed that it has no row of ours any more. Until
/// then the to-dos of reconcile are what remains, over restarts.
package struct TenantRemover: Service {
    private let database: Database
    private let listener: PostgresListener
    private let logger: Logger

    package init(database: Database, listener: PostgresListener, logger: Logger) {
        self.database = database
        self.listener = listener
        self.logger = logger
    }

    package func run() async throws {
        await forEachWakeUp(on: Channel.reconciled, of: self.listener, every: .seconds(1), logger: self.logger) {
            _ = try await self.removeConfirmed()
        }
    }

    /// Erases what can be erased now.
    ///
    /// - Returns: how many tenants are gone.
    /// - Throws: ``Storage/StorageError``; what is left is erased another time.
    package func removeConfirmed() async throws -> Int {
        var count = 0
        for tenantID in try await self.database.system({ try await $0.removals.erasable() })
        where try await self.database.eraseTenant(tenantID) {
            self.logger.notice("a tenant is removed with all its data", metadata: ["tenant.id": "\(tenantID)"])
            count += 1
        }
        return count
    }
}
