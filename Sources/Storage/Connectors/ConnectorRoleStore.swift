package import Postgres
package import Telephony

/// Login roles of connectors that read schema `crm` by SQL, one tenant each. Needs the owner's connection, which may create
/// roles.
package struct ConnectorRoleStore: Sendable {
    private let connection: PostgresConnection

    /// Why a role was not made.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        case tenantUnknown(TenantID)

        package var description: String {
            switch self {
            case .tenantUnknown(let id): "there is no tenant \"\(id.rawValue)\"; see: ringbridge tenant list"
            }
        }
    }

    package init(connection: PostgresConnection) {
        self.connection = connection
    }

    /// Makes a login role that sees the calls of one tenant: read-only, 30 s a statement, 5 connections.
    ///
    /// `roleName`: lower-case letters, digits and `_`, made by the caller.
    /// `password`: letters and digits only.
    /// Throws ``Failure``, or the database's error; nothing is left behind then.
    package func create(roleName: String, password: String, for tenantID: TenantID) async throws {
        try await self.connection.script("BEGIN")
        do {
            guard try await self.connection.execute(TenantExists(tenantID: tenantID)).first == true else {
                throw Failure.tenantUnknown(tenantID)
            }
            _ = try await self.connection.execute(CreateConnectorRole(roleName: roleName, password: password))
            _ = try await self.connection.execute(InsertConnectorRole(tenantID: tenantID, roleName: roleName))
            try await self.audit("bi.create", roleName: roleName, of: tenantID)
            try await self.connection.script("COMMIT")
        } catch {
            try await self.connection.script("ROLLBACK")
            throw error
        }
    }

    /// Drops a role of this tenant. False when it has none of this name.
    package func revoke(roleName: String, of tenantID: TenantID) async throws -> Bool {
        let revoked = try await self.connection.execute(RevokeConnectorRole(tenantID: tenantID, roleName: roleName))
            .first
        guard revoked == true else { return false }
        try await self.audit("bi.revoke", roleName: roleName, of: tenantID)
        return true
    }

    private func audit(_ action: String, roleName: String, of tenantID: TenantID) async throws {
        let entry = AuditEntry(actor: Principal.shell.actor, action: action, target: roleName)
        _ = try await self.connection.execute(AppendAudit(tenantID: tenantID.rawValue, entry: entry))
    }
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
    var password: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.roleName)
        bindings.append(self.password)
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
