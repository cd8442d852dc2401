import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import Testing

@testable import WebAPI

@Suite("Authentication", .timeLimit(.minutes(5)))
struct AuthenticationTests {
    /// What needs no key: event URLs have their own secret, the others tell nothing of a tenant. Every other route does.
    private static func isPublic(_ path: String) -> Bool {
        ["/ext-event/", "/agent-event/", "/problems/"].contains { path.hasPrefix($0) }
            || ["/healthz", "/readyz", "/openapi.yaml", "/openapi.json"].contains(path)
    }

    @Test(
        "every route but the public ones: 401 without a live key, 403 for a role too low, 404 for another tenant's key"
    )
    func walk() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            var dead: [String?] = [
                nil, "wrong", "rb_operator_0000000000000000_" + String(repeating: "0", count: 64),
            ]
            for (state, change) in [
                ("expired", "expires_at = now() - interval '1 second'"), ("revoked", "revoked_at = now()"),
            ] {
                for role in ["admin", "connector"] {
                    let key = try await api.key(role, of: "807")
                    #expect(try await api.send(.get, "/v1/whoami", key: key).status != .unauthorized, "\(state)")
                    dead.append(key)
                }
                try await api.sql("UPDATE api_keys SET \(change)")
            }
            let admin = try await api.key("admin", of: "807")
            let connector = try await api.key("connector", of: "807")
            let others = [try await api.key("admin", of: "808"), try await api.key("connector", of: "808")]

            let routes = api.routes.filter { !Self.isPublic($0.path) }
            #expect(routes.count > 30)
            for route in routes {
                func status(_ key: String?) async throws -> Int {
                    let path = route.path.replacing("{tenant}", with: "807").split(separator: "/")
                        .map { $0.hasPrefix("{") ? "x1" : String($0) }.joined(separator: "/")
                    let sendsBody = [.post, .put, .patch].contains(route.method)
                    let answer = try await api.send(route.method, "/" + path, key: key, json: sendsBody ? [:] : nil)
                    if answer.status == .unauthorized {
                        #expect(answer.headers[.wwwAuthenticate] == #"Bearer realm="ringbridge""#)
                    }
                    return answer.status.code
                }
                for key in dead {
                    #expect(try await status(key) == 401, "\(route) without a live key")
                }
                if route.path.hasPrefix("/v1/") {
                    #expect(try await status(admin) == 403, "\(route) by an admin")
                    #expect(try await status(TestAPI.operatorKey) == 403, "\(route) by an operator")
                } else {
                    #expect(try await status(connector) == 403, "\(route) by a connector")
                }
                if route.path.contains("{tenant}") {
                    for key in others {
                        #expect(try await status(key) == 404, "\(route) by another tenant's key")
                    }
                } else if !route.path.hasPrefix("/v1/") {
                    #expect(try await status(admin) == 403, "\(route) by an admin")
                }
                let ofOperators = ["", "/keys", "/keys/{id}", "/check"].map { "/admin/v1/tenants/{tenant}\($0)" }
                if ofOperators.contains(route.path) {
                    #expect(try await status(admin) == 403, "\(route) by the tenant's admin")
                }
            }
            // Nothing was done on the way.
            let actions = Set(try await api.rows(AuditLines()).map(\.action))
            #expect(actions == ["tenant.put", "key.create"])
        }
    }

    @Test("an address that sends many requests without a valid key has to wait; with a valid key nobody ever has to")
    func failedAuthentications() async throws {
        var options = TestAPI.Options()
        options.setup = .live
        options.configure = {
            $0.failedAuthenticationBurst = 3
            $0.failedAuthenticationsPerSecond = 1.0 / 3_600
            $0.trustedProxies = [CIDR("127.0.0.1")].compactMap { $0 }
        }
        try await TestAPI.with(options) { api in
            try await api.tenant("807")
            let connector = try await api.key("connector", of: "807")
            func send(_ key: String?, from address: String) async throws -> TestAPI.Answer {
                try await api.send(.get, "/v1/whoami", key: key, headers: [.forwardedFor: address])
            }
            for key in [nil, "wrong", connector + "0"] {
                #expect(try await send(key, from: "192.0.2.1").status == .unauthorized)
            }
            for key in [nil, "wrong", connector + "0"] {
                let limited = try await send(key, from: "192.0.2.1")
                #expect(limited.status == .tooManyRequests)
                #expect(limited.code == "too_many_requests")
                let seconds = try #require(limited.headers[.retryAfter].flatMap { Int($0) })
                #expect((1...3_600).contains(seconds))
            }
            #expect(try await send(connector, from: "192.0.2.1").status == .ok)
            #expect(try await send("wrong", from: "192.0.2.2").status == .unauthorized)
        }
    }

    @Test("the use of a key is noted once a minute, not at every request")
    func lastUse() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            func use() async throws -> String? {
                #expect(try await api.send(.get, "/v1/whoami", key: key).status == .ok)
                return try await api.operate(.get, "/admin/v1/tenants/807/keys").data.first?["last_used_at"]?.text
            }
            let first = try #require(try await use())
            #expect(try await use() == first)
            try await api.sql("UPDATE api_keys SET last_used_at = last_used_at - interval '2 minutes'")
            #expect(try #require(try await use()) >= first)
        }
    }

    @Test("keys are listed in pages")
    func keyPages() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            for _ in 0..<3 {
                _ = try await api.key("connector", of: "807")
            }
            let path = "/admin/v1/tenants/807/keys"
            let ids = try await api.operate(.get, path).data.map { $0["id"]?.text }
            let first = try await api.operate(.get, path + "?limit=2")
            let cursor = try #require(first.json["next_cursor"]?.text)
            let second = try await api.operate(.get, path + "?limit=2&cursor=\(cursor)")
            #expect((first.data + second.data).map { $0["id"]?.text } == ids)
            #expect(second.json["next_cursor"] == .null)
            #expect(try await api.operate(.get, path + "?cursor=abc").code == "invalid_cursor")
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
