import Postgres
package import Telephony

extension SystemTransaction {
    /// API keys of all tenants and of operators.
    package var keys: APIKeyStore { APIKeyStore(postgres: self.postgres) }
}

/// Creates, lists, revokes and looks up API keys.
package struct APIKeyStore: Sendable {
    let postgres: PostgresTransaction

    /// Stores a new key. The secret's text itself is not stored.
    ///
    /// `scope`: the tenant of an admin's or connector's key, nil for an operator's.
    package func create(
        _ secret: APIKeySecret,
        role: APIKeyRole,
        scope: TenantScope?,
        name: String,
        expiresAt: Timestamp?
    ) async throws -> APIKey? {
        try await self.postgres.first(
            CreateAPIKey(
                secret: secret,
                role: role,
                tenantID: scope?.tenantID,
                name: name,
                expiresAt: expiresAt
            )
        )
    }

    /// The keys of a tenant, or of operators when nil, oldest first.
    package func list(of scope: TenantScope?) async throws -> [APIKey] {
        try await self.postgres.execute(ListAPIKeys(tenantID: scope?.tenantID))
    }

    /// Revokes a key of this tenant (of operators when nil). False when there is none that is live.
    package func revoke(_ id: String, of scope: TenantScope?) async throws -> Bool {
        try await self.postgres.affectedRows(RevokeAPIKey(id: id, tenantID: scope?.tenantID)) > 0
    }

    /// Who holds this key: nil when it is unknown, revoked, expired, or its tenant is being removed.
    /// Notes the use, at most once a minute.
    package func authenticate(_ digest: SecretDigest) async throws -> Principal? {
        guard let key = try await self.postgres.first(AuthenticateAPIKey(digest: digest)) else { return nil }
        if key.useIsStale {
            _ = try await self.postgres.execute(NoteAPIKeyUse(id: key.id))
        }
        return Principal(
            role: key.role,
            scope: key.tenantID.map(TenantScope.init(tenantID:)),
            actor: "\(key.role.rawValue):\(key.id)"
        )
    }
}

struct CreateAPIKey: Statement {
    static let sql: StaticString = """
        INSERT INTO api_keys (key_id, digest, role, tenant_id, name, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING key_id, role, tenant_id, name, created_at, expires_at, revoked_at, last_used_at
        """
    var secret: APIKeySecret
    var role: APIKeyRole
    var tenantID: TenantID?
    var name: String
    var expiresAt: Timestamp?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.secret.id)
        bindings.append(self.secret.digest.bytes)
        bindings.append(self.role)
        bindings.append(self.tenantID)
        bindings.append(self.name)
        bindings.append(self.expiresAt)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> APIKey { try APIKey(row: &row) }
}

struct ListAPIKeys: Statement {
    static let sql: StaticString = """
        SELECT key_id, role, tenant_id, name, created_at, expires_at, revoked_at, last_used_at
        FROM api_keys WHERE tenant_id IS NOT DISTINCT FROM $1 ORDER BY created_at, key_id
        """
    var tenantID: TenantID?

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> APIKey { try APIKey(row: &row) }
}

struct RevokeAPIKey: Statement {
    static let sql: StaticString = """
        UPDATE api_keys SET revoked_at = now()
        WHERE key_id = $1 AND tenant_id IS NOT DISTINCT FROM $2 AND revoked_at IS NULL
        """
    var id: String
    var tenantID: TenantID?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.id)
        bindings.append(self.tenantID)
    }
}

struct AuthenticateAPIKey: Statement {
    static let sql: StaticString = """
        SELECT k.key_id, k.role, k.tenant_id,
          k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute'
        FROM api_keys k LEFT JOIN tenants t ON t.tenant_id = k.tenant_id
        WHERE k.digest = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
          AND t.status IS DISTINCT FROM 'removing'
        """
    var digest: SecretDigest

    struct Output: Sendable {
        var id: String
        var role: APIKeyRole
        var tenantID: TenantID?
        var useIsStale: Bool
    }

    func bind(_ bindings: inout Bindings) { bindings.append(self.digest.bytes) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            id: try row.next(),
            role: try row.next(),
            tenantID: try row.nextOptional(),
            useIsStale: try row.next()
        )
    }
}

struct NoteAPIKeyUse: Statement {
    static let sql: StaticString = "UPDATE api_keys SET last_used_at = now() WHERE key_id = $1"
    var id: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
}

extension APIKey {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(),
            role: try row.next(),
            tenantID: try row.nextOptional(),
            name: try row.next(),
            createdAt: try row.next(),
            expiresAt: try row.nextOptional(),
            revokedAt: try row.nextOptional(),
            lastUsedAt: try row.nextOptional()
        )
    }
}

extension APIKeyRole: PostgresEncodable, PostgresDecodable {}
