/// What faults and the request log call a resource of the REST API, without its ids.
package enum ResourceKind: String, Hashable, Sendable, CaseIterable {
    case token
    case user
    case client
    case limit
    case extensions
    case extensionItem = "extension"
    case events
    case event
    case agents
    case agentEvents = "agent_events"
    case agentEvent = "agent_event"
    case callHistory = "call_history"
    case callHistoryItem = "call_history_item"
    case records
    case recordStorage = "record_storage"
    case unknown
}
