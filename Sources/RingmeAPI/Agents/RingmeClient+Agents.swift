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

/// Local agents of queues: `/client/{id}/agent/local/`. Their events have no part in an extension's slots.
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
