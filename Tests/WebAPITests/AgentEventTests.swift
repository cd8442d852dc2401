import HTTPTypes
import Hummingbird
import Testing

@testable import WebAPI

@Suite("Event URLs of agents", .timeLimit(.minutes(5)))
struct AgentEventTests {
    private static let form = "agent_status=available&agent_type=local&agent_id=136&event_source=api"

    @Test(
        "query and body are merged whatever the method and the case of names; 200 means stored and present",
        arguments: [
            (HTTPRequest.Method.get, "?agent_status=available&agent_id=136", ""),
            (.post, "?agent_status=logged_out&mine=1", "agent_status=available&agent_id=136"),
            (.post, "", "AGENT_STATUS=AVAILABLE&Agent_Id=136"),
            (.post, "", #"{"agent_status": "available", "agent_id": "136"}"#),
        ]
    )
    func merged(method: HTTPRequest.Method, query: String, body: String) async throws {
        try await TestAPI.with { api in
            let token = try #require(try await api.agents([(136, nil)], of: "807")[136])
            let key = try await api.key("connector", of: "807")
            let answer = try await api.send(method, "/agent-event/\(token)\(query)", body: body)
            #expect(answer.status == .ok)
            #expect(answer.text == "{}")
            #expect(answer.headers[.contentType] == "application/json")
            let events = try await api.rows(StoredAgentEvents())
            #expect(events.map(\.tenant) == ["807"])
            #expect(events.map(\.agentID) == [136])
            #expect(events.first?.quarantine == nil)
            #expect(events.first?.fields?.lowercased().contains("available") == true)
            let agents = try await api.send(.get, "/v1/agents", key: key)
            #expect(agents.data.map { $0["status"]?.text } == ["available"])
            #expect(agents.data.first?["since"]?.text != nil)
        }
    }

    @Test(
        "what is not understood is kept with its bytes and answered 200",
        arguments: [
            ("agent_id=136", "no_agent_status"), ("", "no_agent_status"), ("agent_status=busy", "no_agent_status"),
            ("agent_status=available&agent_id=137", "other_agent"), ("agent_status=%00", "undecodable"),
        ]
    )
    func quarantined(body: String, reason: String) async throws {
        try await TestAPI.with { api in
            let token = try #require(try await api.agents([(136, nil), (137, nil)], of: "807")[136])
            let key = try await api.key("connector", of: "807")
            let answer = try await api.send(.post, "/agent-event/\(token)", body: body)
            #expect(answer.status == .ok)
            #expect(answer.text == "{}")
            let event = try #require(try await api.rows(StoredAgentEvents()).first)
            #expect(event.agentID == 136)
            #expect(event.quarantine == reason)
            #expect(event.raw == Array(body.utf8))
            let agents = try await api.send(.get, "/v1/agents", key: key)
            #expect(agents.data.map { $0["status"] } == [.null, .null])
        }
    }

    @Test("an event whose fields the database refuses is kept as bytes")
    func refusedByDatabase() async throws {
        try await TestAPI.with { api in
            let token = try #require(try await api.agents([(136, nil)], of: "807")[136])
            try await api.sql("ALTER TABLE agent_events ADD CONSTRAINT poison CHECK (NOT fields ? 'poison')")
            let answer = try await api.send(.post, "/agent-event/\(token)", body: Self.form + "&poison=1")
            #expect(answer.status == .ok)
            #expect(try await api.rows(StoredAgentEvents()).map(\.quarantine) == ["refused_by_database"])
        }
    }

    @Test("a token of an agent is unknown at /ext-event/, and the reverse; unknown paths are answered alike")
    func otherKind() async throws {
        try await TestAPI.with { api in
            let phone = try await api.phone(of: "806")
            let agent = try #require(try await api.agents([(136, nil)], of: "807")[136])
            #expect(try await api.send(.post, "/agent-event/\(agent)", body: Self.form).status == .ok)
            var answers: Set<String> = []
            let unknown = [
                "/ext-event/\(agent)", "/agent-event/\(phone)", "/agent-event/x", "/agent-event/\(agent)/b",
                "/ext-event/x", "/agent-event/\(agent.uppercased())A",
            ]
            for path in unknown {
                let answer = try await api.send(.post, path, body: Self.form, headers: [.requestID: "same"])
                #expect(answer.status == .notFound)
                answers.insert(answer.text)
            }
            #expect(answers.count == 1)
            #expect(try await api.rows(StoredAgentEvents()).count == 1)
            #expect(try await api.rows(StoredEvents()).isEmpty)
        }
    }

    @Test("both kinds of event URLs share one limit for unknown tokens; known tokens have none")
    func limited() async throws {
        let options = TestAPI.Options(configure: {
            $0.unknownTokenBurst = 3
            $0.unknownTokensPerSecond = 0.001
        })
        try await TestAPI.with(options) { api in
            let token = try #require(try await api.agents([(136, nil)], of: "807")[136])
            var statuses: [Int] = []
            for path in ["agent-event", "ext-event", "agent-event", "ext-event", "agent-event"] {
                statuses.append(try await api.send(.post, "/\(path)/nothing", body: "").status.code)
            }
            #expect(statuses == [404, 404, 404, 429, 429])
            #expect(try await api.send(.post, "/agent-event/\(token)", body: Self.form).status == .ok)
        }
    }

    @Test("too large bodies are 413, too long queries 414, other methods 405, and none of them is stored")
    func refused() async throws {
        try await TestAPI.with { api in
            let token = try #require(try await api.agents([(136, nil)], of: "807")[136])
            let padding = String(repeating: "x", count: 64 * 1024)
            let large = try await api.send(.post, "/agent-event/\(token)", body: Self.form + "&p=" + padding)
            #expect(large.status == .contentTooLarge)
            let long = try await api.send(.get, "/agent-event/\(token)?\(Self.form)&p=" + padding.prefix(16 * 1024))
            #expect(long.status == .uriTooLong)
            let put = try await api.send(.put, "/agent-event/\(token)?\(Self.form)")
            #expect(put.status == .methodNotAllowed)
            #expect(put.headers[.allow] == "GET, POST")
            #expect(try await api.rows(StoredAgentEvents()).isEmpty)
        }
    }
}
