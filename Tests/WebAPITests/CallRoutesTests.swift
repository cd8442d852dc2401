import HTTPTypes
import Hummingbird
import Storage
import Telephony
import Testing

@testable import WebAPI

@Suite("Calls", .timeLimit(.minutes(5)))
struct CallRoutesTests {
    @Test("a call has exactly the members of the contract")
    func shape() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            try await api.write([.upsert(.sample("a"))], to: try await api.scope("807"))
            let list = try await api.send(.get, "/v1/calls", key: key)
            let call = try #require(list.data.first)
            let id = try #require(call["id"]?.text)
            let expected: JSONValue = [
                "id": .string(id), "version": 1, "direction": "incoming", "status": "answered", "call_id": "call-a",
                "sub_call_id": "101-a", "user_id": "u1",
                "extension": ["id": 101, "name": "2566*101", "type": "phone"], "client_number": "+79161112233",
                "client_number_e164": "+79161112233", "client_name": nil, "did": "74959998877",
                "started_at": "2026-11-22T10:00:00.000001Z", "answered_at": "2026-11-22T10:00:01.000001Z",
                "ended_at": "2026-11-22T10:01:02.000001Z", "duration_us": 61_000_000, "recording_id": nil,
                "callback_id": nil, "transferred": false, "internal": false, "partial": false, "flags": [], "rule": "2",
                "rules_version": 1,
            ]
            #expect(call == expected)
            #expect(list.headers[.cacheControl] == "no-store")
            #expect(try await api.send(.get, "/v1/calls/\(id)", key: key).json == expected)
            #expect(try await api.send(.get, "/v1/calls/\(id)?x=1", key: key).status == .badRequest)
            #expect(try await api.send(.get, "/v1/calls/nothing", key: key).status == .notFound)
        }
    }

    @Test("another tenant's call is not there")
    func isolation() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            try await api.write([.upsert(.sample("a"))], to: try await api.scope("807"))
            let own = try await api.key("connector", of: "807")
            let other = try await api.key("connector", of: "808")
            let id = try #require(try await api.send(.get, "/v1/calls", key: own).data.first?["id"]?.text)
            #expect(try await api.send(.get, "/v1/calls", key: other).data.isEmpty)
            #expect(try await api.send(.get, "/v1/calls/\(id)", key: other).status == .notFound)
            let cursor = try #require(try await api.send(.get, "/v1/calls/changes", key: own).json["next_cursor"]?.text)
            #expect(try await api.send(.get, "/v1/calls/changes?cursor=\(cursor)", key: other).data.isEmpty)
            #expect(try await api.send(.get, "/v1/calls/changes", key: other).data.isEmpty)
        }
    }

    @Test("filters choose, and a plus in a number is a plus")
    func filters() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            try await api.write(
                [
                    .upsert(.sample("a", startedAt: "2026-11-22T10:00:00Z")),
                    .upsert(
                        .sample(
                            "b",
                            direction: .outgoing,
                            status: .busy,
                            user: "u 2",
                            number: "84951234567",
                            startedAt: "2026-11-22T11:00:00Z"
                        )
                    ),
                    .upsert(
                        .sample("c", status: .missed, user: nil, extensionID: 200, startedAt: "2026-11-22T12:00:00Z")
                    ),
                ],
                to: try await api.scope("807")
            )
            let cases: [(String, [String])] = [
                ("", ["c", "b", "a"]),
                ("from=2026-11-22T11:00:00Z", ["c", "b"]),
                ("to=2026-11-22T11:00:00Z", ["a"]),
                ("from=2026-11-22T14:00:00+03:00&to=2026-11-22T14:30:00%2B03:00", ["b"]),
                ("direction=outgoing", ["b"]),
                ("status=missed", ["c"]),
                ("user_id=u1", ["a"]),
                ("user_id=u+2", ["b"]),
                ("user_id=u%202", ["b"]),
                ("extension_id=200", ["c"]),
                ("number=+79161112233", ["c", "a"]),
                ("number=%2B79161112233", ["c", "a"]),
                ("number=79161112233", ["c", "a"]),
                ("number=+74951234567", ["b"]),
                ("number=84951234567", ["b"]),
                ("number=1", []),
                ("call_id=CALL-B", ["b"]),
                ("direction=incoming&status=answered&extension_id=101", ["a"]),
            ]
            for (query, names) in cases {
                let answer = try await api.send(.get, "/v1/calls?\(query)", key: key)
                #expect(answer.data.compactMap { $0["call_id"]?.text } == names.map { "call-\($0)" }, "\(query)")
            }
            let bad = [
                "from=yesterday", "to=2026-13-01T00:00:00Z", "direction=sideways", "status=ANSWERED", "user_id=",
                "extension_id=x", "extension_id=-1", "number=", "call_id=", "limit=0", "cursor=x", "colour=red",
                "from=%ff",
                "status=missed&status=busy", "number=%00",
            ]
            for query in bad {
                let answer = try await api.send(.get, "/v1/calls?\(query)", key: key)
                #expect(answer.status == .badRequest, "\(query)")
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
        }
    }

    @Test("pages by cursor are complete and end with null")
    func paging() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            // All at the same instant: the id decides.
            try await api.write((0..<7).map { .upsert(.sample("n\($0)")) }, to: try await api.scope("807"))
            var seen: [String] = []
            var query = "limit=3"
            while true {
                let page = try await api.send(.get, "/v1/calls?\(query)", key: key)
                seen += page.data.compactMap { $0["call_id"]?.text }
                guard let cursor = page.json["next_cursor"]?.text else { break }
                query = "limit=3&cursor=\(cursor)"
            }
            #expect(seen.count == 7)
            #expect(Set(seen).count == 7)
        }
    }

    @Test("Accept without a form of ours is 406")
    func accept() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            for (accept, status) in [("text/html", 406), ("application/json;q=0", 406), ("text/html, */*;q=0.1", 200)] {
                for path in ["/v1/calls", "/v1/calls/changes"] {
                    let answer = try await api.send(.get, path, key: key, headers: [.accept: accept])
                    #expect(answer.status.code == status, "\(path) \(accept)")
                }
            }
            for (path, accept) in [("/v1/calls", "text/event-stream"), ("/v1/calls/changes", "text/csv")] {
                #expect(try await api.send(.get, path, key: key, headers: [.accept: accept]).status.code == 406)
            }
        }
    }
}
