import Crypto
import Postgres
import Synchronization
package import Telephony

/// What stands for a tenant in a notification, which everybody hears: only who knows the database's key can tell whose it is.
package struct WakeUpMark: Hashable, Sendable {
    let text: String

    init(of tenantID: TenantID, key: [UInt8]) {
        let digits = Array("0123456789abcdef")
        let bytes = SHA256.hash(data: key + Array(tenantID.rawValue.utf8)).prefix(12)
        self.text = String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// Whether a notification's payload is this mark.
    package func matches(_ payload: String) -> Bool { payload == self.text }
}

/// The marks of tenants, by the key that the database made for itself and that never changes.
package final class WakeUpMarks: Sendable {
    private let database: Database
    private let key = Mutex<[UInt8]?>(nil)

    package init(database: Database) {
        self.database = database
    }

    /// The mark of a tenant. Asks the database once.
    ///
    /// - Throws: ``StorageError``.
    package func mark(of tenantID: TenantID) async throws -> WakeUpMark {
        if let key = self.key.withLock({ $0 }) {
            return WakeUpMark(of: tenantID, key: key)
        }
        let key = try await self.database.system { try await $0.postgres.first(FindWakeUpKey()) } ?? []
        self.key.withLock { $0 = key }
        return WakeUpMark(of: tenantID, key: key)
    }
}

extension PostgresTransaction {
    /// Notifies those who wait for the tenant's news when the transaction commits.
    func notify(channel: String, of tenantID: TenantID) async throws {
        _ = try await self.execute(NotifyOfTenant(channel: channel, tenantID: tenantID))
    }
}

struct FindWakeUpKey: Statement {
    static let sql: StaticString = "SELECT key FROM wake_up_key"

    static func decode(_ row: inout Row) throws(PostgresError) -> [UInt8] { try row.next() }
}

struct NotifyOfTenant: Statement {
    static let sql: StaticString = "SELECT pg_notify($1, tenant_mark($2))::text"
    var channel: String
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.channel)
        bindings.append(self.tenantID)
    }
}
