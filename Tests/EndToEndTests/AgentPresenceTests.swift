import Foundation
import RingmeSimulator
import TestSupport
import Testing

/// The built server and the simulated PBX: from an agent's login on the PBX to what connectors read.
@Suite("Agents' presence", .serialized, .timeLimit(.minutes(5)))
struct AgentPresenceTests {
    struct Page: Decodable {
        struct Agent: Decodable, Equatable {
            var agentID: Int
            var `extension`: String?
            var userID: String?
            var status: String?
            var since: String?

            enum CodingKeys: String, CodingKey {
                case `extension`, status, since
                case agentID = "agent_id"
                case userID = "user_id"
            }
        }
        var data: [Agent]
    }

    @Test("an agent who logs in on the PBX is available for connectors, and logged out when he leaves")
    func presence() async throws {
        try await Installation.with { installation in
            let pbx = installation.pbx.pbx
            // The PBX must reach the server, so its port is chosen before it is told its public URL.
            let first = try await installation.startServer()
            let port = first.port
            await first.program.end()
            let server = try await installation.startServer(port: port)
            let key = try await installation.onboard(server)
            #expect(try await Self.agents(server, key: key) == [])
            try await Self.put(installation, server, agentPresence: true)
            try await DurabilityTests.poll { pbx.agents.allSatisfy { pbx.agentEvents(of: $0.id).count == 2 } }
            let tokens = pbx.agents.flatMap { pbx.agentEvents(of: $0.id) }.map { String($0.url.suffix(32)) }
            #expect(Set(tokens).count == 2)

            let login = try await installation.pbx.simulator.setAgentStatus("available", agentID: 136)
            #expect(login.map(\.status) == [200])
            let available = try await Self.agents(server, key: key)
            #expect(available.map(\.agentID) == [136, 137])
            #expect(available.map(\.extension) == ["2566*101", "2566*102"])
            #expect(available.map(\.userID) == ["u101", "u102"])
            #expect(available.map(\.status) == ["available", nil])
            #expect(available[0].since != nil)

            let logout = try await installation.pbx.simulator.setAgentStatus("logged_out", agentID: 136)
            #expect(logout.map(\.status) == [200])
            #expect(try await Self.agents(server, key: key).map(\.status) == ["logged_out", nil])

            try await Self.put(installation, server, agentPresence: false)
            try await DurabilityTests.poll { pbx.agents.allSatisfy { pbx.agentEvents(of: $0.id).isEmpty } }
            #expect(try await Self.agents(server, key: key) == [])
            #expect(pbx.violations == [])
            #expect(await server.program.end() == 0)
            for token in tokens {
                #expect(!server.program.log.contains(token))
            }
        }
    }

    private static func agents(_ server: Server, key: String) async throws -> [Page.Agent] {
        let answer = try await server.send(.get, "/v1/agents", key: key, expecting: 200)
        return try JSONDecoder().decode(Page.self, from: answer.body).data
    }

    private static func put(_ installation: Installation, _ server: Server, agentPresence: Bool) async throws {
        _ = try await server.send(
            .put,
            "/admin/v1/tenants/807",
            key: installation.operatorKey,
            body: """
                {"name": "Client", "locale": "en", "time_zone": "UTC", "status": "active", "pbx": \
                {"url": "\(installation.pbx.url)", "app_id": "app", "app_secret": "secret"}, \
                "settings": {"agent_presence": \(agentPresence)}}
                """,
            expecting: 200
        )
    }
}
