import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

extension TestAPI {
    /// A tenant that wants agents' presence; gives the event token of each of the agents.
    func agents(_ agents: [(Int64, String?)], of tenant: String) async throws -> [Int64: String] {
        let body = Self.tenantBody.adding("settings", ["agent_presence": true])
        let answer = try await self.operate(.put, "/admin/v1/tenants/\(tenant)", json: body)
        try #require(answer.status == .created, "\(answer.text)")
        let scope = try await self.scope(tenant)
        return try await TenantFixture.subscribe(agents, of: scope, in: self.test.database, keyRing: self.keyRing)
            .mapValues(\.text)
    }
}

/// The stored events of agents as a test looks at them.
struct StoredAgentEvents: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, agent_id, fields::text, raw, quarantine, source FROM agent_events ORDER BY event_id
        """

    struct Output: Sendable, Hashable {
        var tenant: String
        var agentID: Int64
        var fields: String?
        var raw: [UInt8]?
        var quarantine: String?
        var source: String?
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            tenant: try row.next(),
            agentID: try row.next(),
            fields: try row.nextOptional(),
            raw: try row.nextOptional(),
            quarantine: try row.nextOptional(),
            source: try row.nextOptional()
        )
    }
}
