/// The NOTIFY channels. A notification is a wake-up that may be lost: whoever listens also looks by a timer.
///
/// Whoever may log in to the database hears them all, a tenant's SQL role too: a tenant is named by its ``WakeUpMark`` only.
package enum Channel {
    /// CallIDs became due for assembly.
    package static let assembly = "ringbridge_assembly"
    /// Call records of a tenant changed; the payload is the tenant's mark.
    package static let calls = "ringbridge_calls"
    /// Extensions became due for reconcile.
    package static let reconcile = "ringbridge_reconcile"
    /// A reconcile run ended; the payload is the tenant's mark.
    package static let reconciled = "ringbridge_reconciled"
    /// Extension directories became due.
    package static let directory = "ringbridge_directory"
    /// An extension directory was read, or could not be; the payload is the tenant's mark.
    package static let directoryRead = "ringbridge_directory_read"
    /// Somebody asked about a PBX and waits for a worker's answer.
    package static let inquiries = "ringbridge_inquiries"
    /// A worker has answered; the payload is the tenant's mark.
    package static let inquiryAnswered = "ringbridge_inquiry_answered"
    /// Tenants' agents became due.
    package static let agents = "ringbridge_agents"
    /// A queue agent's event said something.
    package static let agentPresence = "ringbridge_agent_presence"
    /// Event tokens changed, of extensions or of agents.
    package static let tokens = "ringbridge_tokens"
}
