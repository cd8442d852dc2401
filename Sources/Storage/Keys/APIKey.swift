package import Telephony

/// What an API key lets its holder do.
package enum APIKeyRole: String, CaseIterable, Sendable {
    /// All tenants.
    case `operator`
    /// One tenant: its users, mappings and problems.
    case admin
    /// One tenant: reads its calls.
    case connector
}

/// An API key as it is listed: without the secret, which is shown once and never stored.
package struct APIKey: Hashable, Sendable {
    /// The public part of the key, e.g. `k3f9a2c81d0b7e64`.
    package var id: String
    package var role: APIKeyRole
    /// Nil exactly for operators.
    package var tenantID: TenantID?
    package var name: String
    package var createdAt: Timestamp
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    package var lastUsedAt: Timestamp?
}

/// Who is asking: an authenticated key.
package struct Principal: Hashable, Sendable {
    package var role: APIKeyRole
    /// The tenant of an admin's or connector's key; nil for operators.
    package var scope: TenantScope?
    /// For the audit log, e.g. `admin:k3f9a2c81d0b7e64`.
    package var actor: String

    /// The operator of the bootstrap key (`OPERATOR_KEY`), who is in no table.
    package static let bootstrapOperator = Principal(role: .operator, scope: nil, actor: "operator:bootstrap")
    /// The operator at the shell.
    package static let shell = Principal(role: .operator, scope: nil, actor: "operator:shell")
}
