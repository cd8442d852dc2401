import Hummingbird
import Storage
import Telephony

/// `GET /v1/agents`: the queue agents of the tenant and whether they take calls.
struct AgentRoutes: Sendable {
    let database: Database

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("agents") { request, context in
            let query = try QueryParameters(request, known: ["limit", "cursor"])
            let limit = try query.limit()
            let after = try Self.position(query["cursor"])
            let agents = try await self.database.tenant(context.scope) { transaction in
                try await transaction.agents(after: after, limit: limit + 1)
            }
            let page = agents.prefix(limit)
            let next = agents.count > limit ? page.last.map { Cursor.encode(.agents, "\($0.id)") } : nil
            return Response.page(page.map(\.json), next: next)
        }
    }

    private static func position(_ cursor: String?) throws(HTTPProblem) -> AgentID? {
        guard let text = try Cursor.decode(.agents, cursor) else { return nil }
        guard let number = Int64(text) else { throw HTTPProblem(.invalidCursor) }
        return AgentID(rawValue: number)
    }
}

extension Agent {
    /// The agent as connectors see it.
    var json: JSONValue {
        [
            "agent_id": JSONValue(self.id.rawValue),
            "extension": JSONValue(self.extensionName),
            "user_id": JSONValue(self.userID?.rawValue),
            "status": JSONValue(self.status?.rawValue),
            "since": JSONValue(self.since),
        ]
    }
}
