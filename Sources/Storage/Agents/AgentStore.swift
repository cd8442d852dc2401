import Postgres
package import Telephony

/// A queue agent as connectors see it.
package struct Agent: Hashable, Sendable {
    package var id: AgentID
    /// Name of the extension at which the agent sits, `prefix*name`; nil when the PBX does not say.
    package var extensionName: String?
    /// Of the phone with that name, when it is mapped.
    package var userID: UserID?
    /// Nil: no event has said it yet.
    package var status: AgentStatus?
    /// When the event that changed the status arrived; nil together with the status.
    package var since: Timestamp?
}

extension TenantTransaction {
    /// A page of the agents that the PBX's last listing had, in the order of their ids, after `after`. None while the tenant
    /// does not want agents' presence.
    package func agents(after: AgentID?, limit: Int) async throws -> [Agent] {
        try await self.postgres.execute(
            ListAgents(tenantID: self.tenantID, after: after, limit: Int32(clamping: limit))
        )
    }
}

struct ListAgents: Statement {
    static let sql: StaticString = """
        SELECT a.agent_id, a.extension_name,
          (SELECT m.user_id FROM extensions e
            JOIN mappings m ON m.tenant_id = e.tenant_id AND m.extension_id = e.extension_id AND m.valid_until IS NULL
            WHERE e.tenant_id = a.tenant_id AND e.name = a.extension_name AND e.type = 'phone' AND e.gone_at IS NULL
            ORDER BY e.extension_id LIMIT 1),
          a.status, a.since
        FROM agents a JOIN tenants t ON t.tenant_id = a.tenant_id AND t.agent_presence
        WHERE a.tenant_id = $1 AND a.gone_at IS NULL AND ($2::int8 IS NULL OR a.agent_id > $2)
        ORDER BY a.agent_id LIMIT $3
        """
    var tenantID: String
    var after: AgentID?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.after)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Agent { try Agent(row: &row) }
}

extension Agent {
    /// Reads the columns in the order in which the statements select them.
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(),
            extensionName: try row.nextOptional(),
            userID: try row.nextOptional(),
            status: try row.nextOptional(),
            since: try row.nextOptional()
        )
    }
}
