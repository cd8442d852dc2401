package import Telephony

/// An agent of the client's queues.
package struct PBXAgent: Sendable, Hashable {
    /// The PBX's number of the agent.
    package var id: Int64
    /// The extension the agent sits at, `prefix*name`; what follows an `@` is dropped.
    package var extensionName: String?

    /// An agent.
    ///
    /// - Parameters:
    ///   - id: the PBX's number.
    ///   - extensionName: `prefix*name`.
    package init(id: Int64, extensionName: String?) {
        self.id = id
        self.extensionName = extensionName
    }
}

/// Local agents of queues and their events: `/client/{id}/agent/local/`. They have no part in an extension's slots.
extension RingmeClient {
    /// All local agents. One request; a list of 30 or more one a page.
    ///
    /// - Returns: the agents; none when the PBX answers 404.
    /// - Throws: `PBXError`.
    package func agents() async throws(PBXError) -> [PBXAgent] {
        let path = try self.clientPath("/agent/local/", for: .listAgents)
        do {
            return try await self.allPages(
                PageWalk<PBXAgent, Int64>(lastPageBelow: Self.smallestPage) { $0.id },
                for: .listAgents,
                request: { PBXRequest(operation: .listAgents, path: path, query: Self.laterPageQuery($0)) },
                rows: { (request) async throws(PBXError) -> [PBXAgent] in
                    try await self.value([AgentBody].self, of: request).map(\.agent)
                }
            )
        } catch  where error.code == .notFound {
            return []
        }
    }

    /// All event rows of an agent.
    ///
    /// - Parameter agentID: the agent.
    /// - Returns: the rows; type in lower case and method in upper case.
    /// - Throws: `PBXError`; `notFound` when the agent is gone.
    package func agentEvents(of agentID: Int64) async throws(PBXError) -> [SubscriptionRow] {
        try await self.eventRows(self.eventPath(agentID, for: .listAgentEvents), for: .listAgentEvents)
    }

    /// Adds an event row to an agent.
    ///
    /// - Parameters:
    ///   - agentID: the agent.
    ///   - type: `agent-login` or `agent-logout`.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the new row.
    /// - Throws: `PBXError`; when `outcomeUnknown` is set, the row may be there.
    package func createAgentEvent(
        of agentID: Int64,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let body = try EventRequestBody(type: type, url: url, method: method, for: .createAgentEvent)
        let path = try self.eventPath(agentID, for: .createAgentEvent)
        return try await self.createRow(body, at: path, for: .createAgentEvent)
    }

    /// Changes an event row of an agent in place.
    ///
    /// - Parameters:
    ///   - agentID: the agent.
    ///   - id: the row.
    ///   - type: `agent-login` or `agent-logout`.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    /// - Returns: the changed row.
    /// - Throws: `PBXError`; `notFound` when the row is gone.
    package func updateAgentEvent(
        of agentID: Int64,
        id: Int64,
        type: String,
        url: String,
        method: String
    ) async throws(PBXError) -> SubscriptionRow {
        let body = try EventRequestBody(type: type, url: url, method: method, for: .updateAgentEvent)
        let path = try self.eventPath(agentID, for: .updateAgentEvent)
        return try await self.updateRow(body, id: id, at: path, for: .updateAgentEvent)
    }

    /// Deletes one event row of an agent.
    ///
    /// - Parameters:
    ///   - agentID: the agent.
    ///   - id: the row.
    /// - Throws: `PBXError`; `notFound` when the row is gone already.
    package func deleteAgentEvent(of agentID: Int64, id: Int64) async throws(PBXError) {
        try await self.deleteRow(id: id, at: self.eventPath(agentID, for: .deleteAgentEvent), for: .deleteAgentEvent)
    }

    private func eventPath(_ agentID: Int64, for operation: PBXOperation) throws(PBXError) -> String {
        try self.clientPath("/agent/local/\(agentID)/event/", for: operation)
    }
}

/// The JSON of an agent.
struct AgentBody: Decodable {
    var agent: PBXAgent

    private enum CodingKeys: String, CodingKey {
        case id
        case extensionName = "extension_name"
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        self.agent = PBXAgent(
            id: try object.requiredInteger(.id),
            extensionName: object.tolerantText(.extensionName).map { String($0.prefix { $0 != "@" }) }
        )
    }
}
