package import Telephony

/// One webhook of a queue agent, as far as it could be understood when it arrived.
package enum ReceivedAgentEvent: Hashable, Sendable {
    /// Says the agent's status.
    case understood(AgentStatus, fields: EventFields)
    /// Stored with its bytes and the reason; says nothing about presence.
    case quarantined(raw: [UInt8], reason: AgentQuarantineReason)

    /// Reads a webhook. Never fails: what cannot be understood is quarantined (decisions section 4).
    ///
    /// - Parameters:
    ///   - query: the bytes after `?`, percent-encoded.
    ///   - body: the body's bytes.
    ///   - agentID: whose URL was called.
    package init(query: some Collection<UInt8>, body: some Collection<UInt8>, agentID: AgentID) {
        let reason: AgentQuarantineReason
        switch EventFields.decode(query: query, body: body) {
        case .fields(let fields):
            let isOther = fields["agent_id"].map { AgentID(received: $0) != agentID } ?? false
            let status = fields["agent_status"].flatMap(AgentStatus.init(received:))
            if let status, !isOther {
                self = .understood(status, fields: fields)
                return
            }
            reason = isOther ? .otherAgent : .noAgentStatus
        case .undecodable:
            reason = .undecodable
        }
        let raw = query.isEmpty ? Array(body) : Array(query) + [UInt8(ascii: "\n")] + Array(body)
        self = .quarantined(raw: raw, reason: reason)
    }

    /// The same event as bytes only, for one that the database refused.
    package func refusedByDatabase() -> ReceivedAgentEvent {
        switch self {
        case .understood(_, let fields): .quarantined(raw: fields.jsonObject(), reason: .refusedByDatabase)
        case .quarantined(let raw, _): .quarantined(raw: raw, reason: .refusedByDatabase)
        }
    }
}

/// Why an agent's event is kept raw.
package enum AgentQuarantineReason: String, CaseIterable, Sendable {
    /// There is no `agent_status`, or one that the PBX's documents do not know.
    case noAgentStatus = "no_agent_status"
    /// It names another agent than the one whose URL was called.
    case otherAgent = "other_agent"
    /// The bytes hold something that is no text (NUL).
    case undecodable
    /// The database did not take the fields.
    case refusedByDatabase = "refused_by_database"
}
