package import Postgres

/// What the logged-in role may do, as far as tenant isolation depends on it.
package struct RuntimeRole: Hashable, Sendable {
    package var name: String
    package var isSuperuser: Bool
    package var bypassesRowSecurity: Bool
    /// Has the rights of `ringbridge_system` without taking it: then its policies always apply.
    package var inheritsSystemRole: Bool
    /// Member of `ringbridge_system`.
    package var mayTakeSystemRole: Bool

    /// Why `serve` must not run as this role, with the fix; nil when it may.
    package var refusal: String? {
        if self.isSuperuser || self.bypassesRowSecurity {
            return """
                DATABASE_URL logs in as "\(self.name)", \(self.isSuperuser ? "a superuser" : "a role with BYPASSRLS"): \
                tenants would not be isolated; use the role ringbridge_server of sql/roles.sql
                """
        }
        if self.inheritsSystemRole {
            return """
                DATABASE_URL logs in as "\(self.name)", which inherits ringbridge_system: tenants would not be isolated; \
                run: ALTER ROLE \(self.name) NOINHERIT
                """
        }
        if !self.mayTakeSystemRole {
            return """
                DATABASE_URL logs in as "\(self.name)", which is not a member of ringbridge_system; \
                use the role ringbridge_server of sql/roles.sql
                """
        }
        return nil
    }

    /// Asks the database about the role of this connection.
    ///
    /// - Throws: ``Postgres/PostgresError`` when the database does not answer.
    package static func current(on connection: PostgresConnection) async throws(PostgresError) -> RuntimeRole? {
        try await connection.execute(FindRuntimeRole()).first
    }
}

struct FindRuntimeRole: Statement {
    static let sql: StaticString = """
        SELECT r.rolname, r.rolsuper, r.rolbypassrls,
          coalesce((SELECT pg_has_role(r.oid, s.oid, 'USAGE') FROM pg_roles s WHERE s.rolname = 'ringbridge_system'), false),
          coalesce((SELECT pg_has_role(r.oid, s.oid, 'MEMBER') FROM pg_roles s WHERE s.rolname = 'ringbridge_system'), false)
        FROM pg_roles r WHERE r.rolname = current_user
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> RuntimeRole {
        RuntimeRole(
            name: try row.next(),
            isSuperuser: try row.next(),
            bypassesRowSecurity: try row.next(),
            inheritsSystemRole: try row.next(),
            mayTakeSystemRole: try row.next()
        )
    }
}
