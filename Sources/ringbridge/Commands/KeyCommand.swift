import ArgumentParser
import FoundationEssentials
import Postgres
import Storage
import Telephony
import WebAPI

extension APIKeyRole: ExpressibleByArgument {}

extension Timestamp {
    fileprivate static var now: Timestamp { WebAPIDependencies.systemClock() }
}

/// `key create|list|revoke`.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Creates, lists and revokes API keys.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a key and prints it: this once, it is not stored."
        )
        @OptionGroup var common: CommonOptions
        @Option(help: "operator, admin or connector.")
        var role: APIKeyRole
        @Option(help: "The tenant of an admin's or connector's key.")
        var tenant: String?
        @Option(help: "What the key is for, as lists show it.")
        var name: String = "made at the shell"
        @Option(help: "When it ends, RFC 3339, for example 2027-01-01T00:00:00Z.")
        var expiresAt: String?
        @ArgumentParser.Flag(help: "Print one JSON object.")
        var json = false

        func validate() throws {
            if (self.role == .operator) != (self.tenant == nil) {
                throw ValidationError(
                    self.tenant == nil
                        ? "--tenant is required for a key of role \(self.role.rawValue)"
                        : "a key of role operator belongs to no tenant; leave --tenant out"
                )
            }
            if let expiresAt = self.expiresAt {
                guard let instant = Timestamp(rfc3339: expiresAt) else {
                    throw ValidationError("--expires-at \(expiresAt) is not RFC 3339, for example 2027-01-01T00:00:00Z")
                }
                guard instant > .now else { throw ValidationError("--expires-at \(expiresAt) has passed") }
            }
        }

        func run() async throws {
            var generator = SystemRandomNumberGenerator()
            let secret = APIKeySecret.generate(role: self.role, using: &generator)
            try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    let scope = try await existingScope(self.tenant, in: transaction)
                    let key = try await transaction.keys.create(
                        secret,
                        role: self.role,
                        scope: scope,
                        name: self.name,
                        expiresAt: self.expiresAt.flatMap { Timestamp(rfc3339: $0) }
                    )
                    try await transaction.audit(
                        AuditEntry(
                            actor: Principal.shell.actor,
                            action: "key.create",
                            target: "key:\(secret.id)",
                            after: try key.map { try KeyLine($0).audited }
                        ),
                        tenantID: scope?.tenantID
                    )
                }
            }
            if self.json {
                try printJSON(["id": secret.id, "role": self.role.rawValue, "key": secret.text])
            } else {
                print(secret.text)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the keys of a tenant, or the operators'.")
        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant; without it the operators' keys.")
        var tenant: String?
        @ArgumentParser.Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            let keys = try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    try await transaction.keys.list(of: try await existingScope(self.tenant, in: transaction))
                }
            }
            if self.json {
                try printJSON(keys.map(KeyLine.init))
            } else {
                for key in keys.map(KeyLine.init) {
                    let expiry = key.expiresAt.map { "expires: \($0)" } ?? "does not expire"
                    let use = "last used: \(key.lastUsedAt ?? "never")"
                    print([key.id, key.role, key.name, key.state, expiry, use].joined(separator: "\t"))
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revokes a key; it stops at once.")
        @OptionGroup var common: CommonOptions
        @Argument(help: "The key's id, as `key list` shows it.")
        var id: String
        @Option(help: "The tenant of the key; without it an operator's.")
        var tenant: String?

        func run() async throws {
            let revoked = try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    let scope = try await existingScope(self.tenant, in: transaction)
                    let old = try await transaction.keys.list(of: scope).first { $0.id == self.id }
                    let revoked = try await transaction.keys.revoke(self.id, of: scope)
                    if revoked {
                        try await transaction.audit(
                            AuditEntry(
                                actor: Principal.shell.actor,
                                action: "key.revoke",
                                target: "key:\(self.id)",
                                before: try old.map { try KeyLine($0).audited }
                            ),
                            tenantID: scope?.tenantID
                        )
                    }
                    return revoked
                }
            }
            guard revoked else {
                throw CommandFailure("there is no live key \"\(self.id)\" here; see: ringbridge key list")
            }
            print("revoked \(self.id)")
        }
    }
}

/// A key as lists show it.
private struct KeyLine: Encodable {
    var id: String
    var role: String
    var tenantID: String?
    var name: String
    var state: String
    var createdAt: String
    var expiresAt: String?
    var lastUsedAt: String?

    init(_ key: APIKey) {
        self.id = key.id
        self.role = key.role.rawValue
        self.tenantID = key.tenantID?.rawValue
        self.name = key.name
        let hasExpired = key.expiresAt.map { $0 <= .now } ?? false
        self.state = key.revokedAt != nil ? "revoked" : hasExpired ? "expired" : "live"
        self.createdAt = key.createdAt.rfc3339
        self.expiresAt = key.expiresAt?.rfc3339
        self.lastUsedAt = key.lastUsedAt?.rfc3339
    }

    /// The key in the audit log, which never has its secret.
    var audited: PostgresJSON {
        get throws { PostgresJSON(bytes: Array(try JSONEncoder().encode(self))) }
    }

    enum CodingKeys: String, CodingKey {
        case id, role, name, state
        case tenantID = "tenant_id"
        case createdAt = "created_at"
        case expiresAt = "expires_at"
        case lastUsedAt = "last_used_at"
    }
}

/// The scope of a named tenant, nil without a name.
///
/// - Throws: ``CommandFailure`` when there is no such tenant.
func existingScope(_ tenant: String?, in transaction: SystemTransaction) async throws -> TenantScope? {
    guard let tenant else { return nil }
    guard let id = TenantID(validating: tenant), let scope = try await transaction.tenants.scope(of: id) else {
        throw CommandFailure("there is no tenant \"\(tenant)\"; see: ringbridge tenant list")
    }
    return scope
}
