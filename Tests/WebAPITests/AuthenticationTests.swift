import HTTPTypes
import Hummingbird
import Storage
import Testing

@testable import WebAPI

@Suite("Authentication", .timeLimit(.minutes(5)))
struct AuthenticationTests {
    private static let open: Set<String> = [
        "/ext-event/{token}", "/ext-event/{token}/**", "/agent-event/{token}", "/agent-event/{token}/**", "/healthz",
        "/readyz", "/problems/{code}", "/openapi.yaml", "/openapi.json",
    ]

    @Test("every route but the public ones answers 401 without a valid key")
    func walk() async throws {
        try await TestAPI.with { api in
            let routes = api.routes
            #expect(routes.count > 20)
            for route in routes where !Self.open.contains(route.path) {
                let path = route.path.split(separator: "/")
                    .map { $0.hasPrefix("{") ? "x1" : String($0) }.joined(separator: "/")
                let keys: [String?] = [
                    nil, "wrong", "rb_operator_0000000000000000_" + String(repeating: "0", count: 64),
                ]
                for key in keys {
                    let answer = try await api.send(route.method, "/" + path, key: key)
                    #expect(answer.status == .unauthorized, "\(route)")
                    #expect(answer.code == "unauthorized")
                    #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="ringbridge""#)
                }
            }
            #expect(Set(routes.map(\.path)).isSuperset(of: Self.open))
        }
    }

    @Test("the listener for events has nothing but event URLs")
    func ingestRoutes() async throws {
        try await TestAPI.with { api in
            let expected: Set<String> = [
                "/ext-event/{token}", "/ext-event/{token}/**", "/agent-event/{token}", "/agent-event/{token}/**",
            ]
            #expect(Set(api.ingestRoutes.map(\.path)) == expected)
            #expect(Set(api.ingestRoutes.map(\.method)) == [.get, .post])
        }
    }

    @Test(
        "only a bearer token is a credential",
        arguments: [
            (nil, nil), ("Basic abc", nil), ("Bearer", nil), ("Bearer ", nil), ("Bearer a b", nil),
            ("bearer abc", "abc"),
            ("Bearer  abc", "abc"),
        ] as [(String?, String?)]
    )
    func bearer(header: String?, token: String?) {
        #expect(Authentication.bearerToken(header).map { String($0) } == token)
    }

    @Test("another tenant's things are 404, a role too low is 403")
    func roles() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            let admin = try await api.key("admin", of: "807")
            let connector = try await api.key("connector", of: "807")
            let cases: [(String, HTTPRequest.Method, String, Int)] = [
                (admin, .get, "/admin/v1/tenants/807/users", 200),
                (admin, .get, "/admin/v1/tenants/808/users", 404),
                (admin, .get, "/admin/v1/tenants/none/users", 404),
                (admin, .get, "/admin/v1/tenants/%25/users", 404),
                (connector, .get, "/admin/v1/tenants/807/users", 403),
                (connector, .get, "/admin/v1/tenants/808/users", 404),
                (admin, .get, "/admin/v1/tenants", 403),
                (admin, .get, "/admin/v1/tenants/807", 403),
                (admin, .get, "/admin/v1/tenants/808", 404),
                (admin, .post, "/admin/v1/tenants/807/keys", 403),
                (admin, .post, "/admin/v1/tenants/808/keys", 404),
                (admin, .get, "/metrics", 403),
                (admin, .get, "/v1/calls", 403),
                (connector, .get, "/v1/calls", 200),
                (TestAPI.operatorKey, .get, "/v1/calls", 403),
                (TestAPI.operatorKey, .get, "/admin/v1/tenants/808/users", 200),
                (TestAPI.operatorKey, .get, "/admin/v1/tenants/none/users", 404),
                (TestAPI.operatorKey, .get, "/metrics", 200),
            ]
            for (key, method, path, status) in cases {
                let answer = try await api.send(method, path, key: key)
                #expect(answer.status.code == status, "\(method) \(path)")
            }
        }
    }

    @Test("a revoked key and an expired one stop working")
    func revoked() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let keys = "/admin/v1/tenants/807/keys"
            let made = try await api.operate(.post, keys, json: ["role": "connector", "name": "crm"])
            #expect(made.status == .created)
            let key = try #require(made.json["key"]?.text)
            let id = try #require(made.json["id"]?.text)
            #expect(made.headers[.location] == "\(keys)/\(id)")
            #expect(key.hasPrefix("rb_connector_\(id)_"))
            #expect(try await api.send(.get, "/v1/whoami", key: key).json["key_id"]?.text == id)
            let listed = try await api.operate(.get, keys)
            #expect(listed.data.map { $0["id"]?.text } == [id])
            #expect(!listed.text.contains(key))
            #expect(try await api.operate(.delete, "\(keys)/\(id)").status == .noContent)
            #expect(try await api.operate(.delete, "\(keys)/\(id)").status == .notFound)
            #expect(try await api.send(.get, "/v1/whoami", key: key).status == .unauthorized)

            let expiring = try await api.operate(
                .post,
                keys,
                json: ["role": "connector", "name": "crm", "expires_at": "2999-01-01T00:00:00Z"]
            )
            let second = try #require(expiring.json["key"]?.text)
            #expect(try await api.send(.get, "/v1/whoami", key: second).status == .ok)
            try await api.sql("UPDATE api_keys SET expires_at = now() - interval '1 second'")
            #expect(try await api.send(.get, "/v1/whoami", key: second).status == .unauthorized)
            let lines = try await api.rows(AuditLines()).filter { $0.action.hasPrefix("key.") }
            #expect(lines.map(\.action) == ["key.create", "key.revoke", "key.create"])
            #expect(lines.allSatisfy { !$0.content.contains("rb_connector") && $0.actor == "operator:bootstrap" })
        }
    }

    @Test(
        "a key's body is checked as a whole",
        arguments: [
            (["name": "x"], ["/role"]),
            (["role": "operator", "name": "x"], ["/role"]),
            (["role": "admin", "name": "", "more": 1], ["/more", "/name"]),
            (["role": "admin", "name": "x", "expires_at": "2001-01-01T00:00:00Z"], ["/expires_at"]),
            (["role": "admin", "name": "x", "expires_at": "tomorrow"], ["/expires_at"]),
        ] as [(JSONValue, [String])]
    )
    func keyBody(body: JSONValue, pointers: [String]) async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let answer = try await api.operate(.post, "/admin/v1/tenants/807/keys", json: body)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.pointers.sorted() == pointers)
        }
    }
}
