/// An event type of a queue agent. The PBX sends it when the agent's status really changes.
package enum AgentEventKind: String, EventKind {
    case login = "agent-login"
    case logout = "agent-logout"

    package static let urlComponent = "agent-event"
}
