package import Postgres
package import Telephony

/// A login role as it is listed.
package struct ConnectorRole: Hashable, Sendable {
    package var name: String
    package var tenantID: TenantID
    package var createdAt: Timestamp
    /// How many sessions it has at the moment.
    package var sessions: Int
}

/// Login roles of connectors that read schema `crm` by SQL, one tenant each. Needs the owner's connection, which may create
/// roles.
package struct ConnectorRoleStore: Sendable {
    private let connection: PostgresConnection

    /// Why a role was not made.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tenantUnknown(TenantID)
        /// Logged in as a role that may not make roles.
        case notOwner

        package var description: String {
            switch self {
            case .tenantUnknown(let id): "there is no tenant \"\(id.rawValue)\"; see: ringbridge tenant list"
            case .notOwner: "only the schema's owner may do this; let DATABASE_OWNER_URL log in as ringbridge_owner"
            }
        }
    }

    package init(connection: PostgresConnection) {
        self.connection = connection
    }

    /// Proves that the schema is this program's, and that it is the owner who is logged in.
    ///
    /// - Throws: ``Migrator/Failure``, ``Failure/notOwner``, or the database's error.
    package func verify() async throws {
        try await Migrator(connection: self.connection).verify()
        guard try await self.connection.execute(IsOwner()).first == true else { throw Failure.notOwner }
    }

    /// Makes a login role that sees the calls of one tenant: read-only, 30 s a statement, 5 connections.
    ///
    /// `roleName`: lower-case letters, digits and `_`, made by the caller.
    /// `password`: letters and digits only; random. The database gets its verifier alone, so no log of statements has it.
    /// Throws ``Failure``, or the database's error; nothing is left behind then.
    package func create(roleName: String, password: String, for tenantID: TenantID) async throws {
        let verifier = PasswordVerifier.scramSHA256(password, roleName: roleName)
        try await self.inTransaction {
            guard try await self.hasTenant(tenantID) else { throw Failure.tenantUnknown(tenantID) }
            _ = try await self.connection.execute(CreateConnectorRole(roleName: roleName, verifier: verifier))
            _ = try await self.connection.execute(InsertConnectorRole(tenantID: tenantID, roleName: roleName))
            try await self.audit("bi.create", roleName: roleName, of: tenantID)
        }
    }

    /// Drops a role of this tenant and ends its sessions. False when it has none of this name.
    package func revoke(roleName: String, of tenantID: TenantID) async throws -> Bool {
        try await self.inTransaction {
            let revoked = try await self.connection.execute(
                RevokeConnectorRole(tenantID: tenantID, roleName: roleName)
            ).first
            guard revoked == true else { return false }
            try await self.audit("bi.revoke", roleName: roleName, of: tenantID)
            return true
        }
    }

    /// The roles of one tenant, or of all, by tenant and age.
    package func list(of tenantID: TenantID?) async throws -> [ConnectorRole] {
        try await self.connection.execute(ListConnectorRoles(tenantID: tenantID))
    }

    /// Whether there is such a tenant.
    package func hasTenant(_ tenantID: TenantID) async throws -> Bool {
        try await self.connection.execute(TenantExists(tenantID: tenantID)).first == true
    }

    private func inTransaction<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await self.connection.script("BEGIN")
        do {
            let value = try await body()
            try await self.connection.script("COMMIT")
            return value
        } catch {
            try await self.connection.script("ROLLBACK")
            throw error
        }
    }

    private func audit(_ action: String, roleName: String, of tenantID: TenantID) async throws {
        let entry = AuditEntry(actor: Principal.shell.actor, action: action, target: roleName)
        _ = try await self.connection.execute(AppendAudit(tenantID: tenantID.rawValue, entry: entry))
    }
}

struct IsOwner: Statement {
    static let sql: StaticString = "SELECT pg_has_role('ringbridge_owner', 'USAGE')"

    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

struct TenantExists: Statement {
    static let sql: StaticString = "SELECT EXISTS (SELECT FROM tenants WHERE tenant_id = $1)"
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

/// Role commands take no parameters, so functions of the schema quote the names.
struct CreateConnectorRole: Statement {
    static let sql: StaticString = "SELECT create_connector_role($1, $2)::text"
    var roleName: String
    var verifier: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.roleName)
        bindings.append(self.verifier)
    }
}

struct InsertConnectorRole: Statement {
    static let sql: StaticString = "INSERT INTO connector_roles (tenant_id, role_name) VALUES ($1, $2)"
    var tenantID: TenantID
    var roleName: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.roleName)
    }
}

struct RevokeConnectorRole: Statement {
    static let sql: StaticString = "SELECT revoke_connector_role($1, $2)"
    var tenantID: TenantID
    var roleName: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.roleName)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

struct ListConnectorRoles: Statement {
    static let sql: StaticString = """
        SELECT r.role_name, r.tenant_id, r.created_at,
          (SELECT count(*)::int8 FROM pg_stat_activity a WHERE a.usename = r.role_name)
        FROM connector_roles r WHERE $1::text IS NULL OR r.tenant_id = $1
        ORDER BY r.tenant_id, r.created_at, r.role_name
        """
    var tenantID: TenantID?

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> ConnectorRole {
        ConnectorRole(
            name: try row.next(),
            tenantID: try row.next(),
            createdAt: try row.next(),
            sessions: Int(try row.next() as Int64)
        )
    }
}
