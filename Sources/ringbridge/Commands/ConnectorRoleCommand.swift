import ArgumentParser
import Postgres
import Storage
import Telephony

/// `bi create|list|revoke`: login roles for connectors that read by SQL.
struct ConnectorRoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bi",
        abstract: "Makes, lists and drops login roles that read one tenant's calls by SQL (schema crm).",
        discussion: "Works as the owner of the schema: DATABASE_OWNER_URL.",
        subcommands: [Create.self, List.self, Revoke.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a role and prints its libpq URL: this once, the password is not stored in clear."
        )
        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant.")
        var tenant: String
        @ArgumentParser.Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            guard let tenantID = TenantID(validating: self.tenant) else {
                throw CommandFailure("there is no tenant \"\(self.tenant)\"; see: ringbridge tenant list")
            }
            var generator = SystemRandomNumberGenerator()
            // Every login sees the names of all roles, so the name says nothing of the tenant.
            let role = "bi_" + String(generator.next() as UInt64, radix: 36)
            let password = (0..<3).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
            var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: self.common.config))
            guard let owner = DatabaseURL.owner.read(&values) else {
                throw ConfigurationError(problems: values.problems)
            }
            try await withConnection(.owner, self.common) { connection in
                try await ConnectorRoleStore(connection: connection).verify()
                try await ConnectorRoleStore(connection: connection).create(
                    roleName: role,
                    password: password,
                    for: tenantID
                )
            }
            let text = owner.uri(user: role, password: password)
            if self.json {
                try printJSON(["role": role, "url": text])
            } else {
                print(text)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the roles of a tenant, or of all.")
        @OptionGroup var common: CommonOptions
        @Option(help: "The tenant; without it all.")
        var tenant: String?
        @ArgumentParser.Flag(help: "Print a JSON array.")
        var json = false

        func run() async throws {
            let roles = try await withConnection(.owner, self.common) { connection in
                try await ConnectorRoleStore(connection: connection).verify()
                let tenantID = self.tenant.map { TenantID(rawValue: $0) }
                if let tenantID, try await !ConnectorRoleStore(connection: connection).hasTenant(tenantID) {
                    throw ConnectorRoleStore.Failure.tenantUnknown(tenantID)
                }
                return try await ConnectorRoleStore(connection: connection).list(of: tenantID)
            }
            if self.json {
                try printJSON(roles.map(RoleLine.init))
            } else {
                for role in roles.map(RoleLine.init) {
                    print("\(role.role)\ttenant \(role.tenantID)\tsince \(role.createdAt)\tsessions: \(role.sessions)")
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drops a role that `bi create` made, and ends its sessions."
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The role's name.")
        var role: String
        @Option(help: "The tenant.")
        var tenant: String
        @ArgumentParser.Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            let revoked = try await withConnection(.owner, self.common) { connection in
                try await ConnectorRoleStore(connection: connection).verify()
                guard let tenantID = TenantID(validating: self.tenant) else { return false }
                return try await ConnectorRoleStore(connection: connection).revoke(roleName: self.role, of: tenantID)
            }
            guard revoked else {
                throw CommandFailure("the tenant \"\(self.tenant)\" has no role \"\(self.role)\"")
            }
            if self.json {
                try printJSON(["role": self.role])
            } else {
                print("dropped \(self.role)")
            }
        }
    }
}

/// A role as lists show it.
private struct RoleLine: Encodable {
    var role: String
    var tenantID: String
    var createdAt: String
    var sessions: Int

    init(_ role: ConnectorRole) {
        self.role = role.name
        self.tenantID = role.tenantID.rawValue
        self.createdAt = role.createdAt.rfc3339
        self.sessions = role.sessions
    }

    enum CodingKeys: String, CodingKey {
        case role, sessions
        case tenantID = "tenant_id"
        case createdAt = "created_at"
    }
}
