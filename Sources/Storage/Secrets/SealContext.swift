package import FoundationEssentials
package import Telephony

/// The place a sealed secret belongs to.
package struct SealContext: Hashable, Sendable {
    let text: String

    /// A tenant's app secret.
    package static func appSecret(of tenant: TenantID) -> SealContext {
        SealContext(text: "\(tenant.rawValue)|tenants|pbx_app_secret")
    }

    /// An event token of an extension.
    package static func eventToken(of tenant: TenantID, extensionID: ExtensionID) -> SealContext {
        SealContext(text: "\(tenant.rawValue)|event_tokens|\(extensionID.rawValue)")
    }

    /// A token of an agent's event URL.
    package static func agentToken(of tenant: TenantID, agentID: AgentID) -> SealContext {
        SealContext(text: "\(tenant.rawValue)|agent_tokens|\(agentID.rawValue)")
    }

    /// The address of a recording, on its way from the worker that asked the PBX to the request that waits for it.
    package static func recordingAddress(of tenant: TenantID, inquiryID: UUID) -> SealContext {
        SealContext(text: "\(tenant.rawValue)|pbx_inquiries|\(inquiryID.uuidString)")
    }
}
