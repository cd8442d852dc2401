import HTTPTypes
import Hummingbird
import Testing

@testable import WebAPI

@Suite("GET /v1/agents", .timeLimit(.minutes(5)))
struct AgentRoutesTests {
    @Test("agents with the user of their phone, status and since; paged in the order of ids")
    func list() async throws {
        try await TestAPI.with { api in
            let tokens = try await api.agents([(136, "2566*101"), (9, "2566*200"), (137, nil)], of: "807")
            try await api.user("u1", of: "807")
            try await api.readDirectories()
            _ = try await api.map("807", [["extension_id": 101, "user_id": "u1"]])
            let token = try #require(tokens[136])
            #expect(try await api.send(.post, "/agent-event/\(token)", body: "agent_status=logged_out").status == .ok)
            let key = try await api.key("connector", of: "807")
            let all = try await api.send(.get, "/v1/agents", key: key)
            #expect(all.status == .ok)
            #expect(all.json["next_cursor"] == .null)
            #expect(all.data.map { $0["agent_id"]?.integer } == [9, 136, 137])
            #expect(all.data.map { $0["extension"]?.text } == ["2566*200", "2566*101", nil])
            #expect(all.data.map { $0["user_id"]?.text } == [nil, "u1", nil])
            #expect(all.data.map { $0["status"]?.text } == [nil, "logged_out", nil])
            #expect(all.data.map { $0["since"]?.text?.hasSuffix("Z") } == [nil, true, nil])
            #expect(
                all.data.first?.members?.map(\.name).sorted() == [
                    "agent_id", "extension", "since", "status", "user_id",
                ]
            )
            let first = try await api.send(.get, "/v1/agents?limit=2", key: key)
            #expect(first.data.count == 2)
            let cursor = try #require(first.json["next_cursor"]?.text)
            let second = try await api.send(.get, "/v1/agents?limit=2&cursor=\(cursor)", key: key)
            #expect(second.data.map { $0["agent_id"]?.integer } == [137])
            #expect(second.json["next_cursor"] == .null)
        }
    }

    @Test("a tenant that wants no presence has an empty list, and another tenant's agents are never in it")
    func none() async throws {
        try await TestAPI.with { api in
            _ = try await api.agents([(136, nil)], of: "807")
            try await api.tenant("808")
            let answer = try await api.send(.get, "/v1/agents", key: try await api.key("connector", of: "808"))
            #expect(answer.status == .ok)
            #expect(answer.text == #"{"data":[],"next_cursor":null}"#)
        }
    }

    @Test("connectors only; unknown parameters and other lists' cursors are refused")
    func refused() async throws {
        try await TestAPI.with { api in
            _ = try await api.agents([(136, nil)], of: "807")
            #expect(try await api.send(.get, "/v1/agents").status == .unauthorized)
            let admin = try await api.key("admin", of: "807")
            #expect(try await api.send(.get, "/v1/agents", key: admin).status == .forbidden)
            let key = try await api.key("connector", of: "807")
            #expect(try await api.send(.get, "/v1/agents?x=1", key: key).code == "unknown_parameter")
            let foreign = [Cursor.encode(.users, "1"), Cursor.encode(.agents, "x"), "x"]
            for cursor in foreign {
                #expect(try await api.send(.get, "/v1/agents?cursor=\(cursor)", key: key).code == "invalid_cursor")
            }
        }
    }
}
