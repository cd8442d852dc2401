package import Telephony

/// What a stored secret is of, within its tenant.
package enum SealedPlace: Hashable, Sendable, CustomStringConvertible {
    /// The app secret of the tenant's application on the PBX.
    case appSecret
    /// A token of an extension's event URL.
    case eventToken(ExtensionID)
    /// A token of an agent's event URL.
    case agentToken(AgentID)

    /// What the secret is authenticated with.
    func context(of tenantID: TenantID) -> SealContext {
        switch self {
        case .appSecret: .appSecret(of: tenantID)
        case .eventToken(let extensionID): .eventToken(of: tenantID, extensionID: extensionID)
        case .agentToken(let agentID): .agentToken(of: tenantID, agentID: agentID)
        }
    }

    /// For people; without the secret.
    package var description: String {
        switch self {
        case .appSecret: "app secret"
        case .eventToken(let extensionID): "event token of extension \(extensionID)"
        case .agentToken(let agentID): "event token of agent \(agentID)"
        }
    }
}
