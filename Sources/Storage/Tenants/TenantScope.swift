package import Telephony

/// The right to work as one tenant. It comes only out of storage: from an API key, an operator's look-up of the tenant, or
/// a claimed row; so no code can name a tenant that was not established.
package struct TenantScope: Hashable, Sendable {
    /// The tenant.
    package let tenantID: TenantID
}
