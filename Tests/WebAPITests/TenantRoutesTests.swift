import HTTPTypes
import Hummingbird
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Tenants", .timeLimit(.minutes(5)))
struct TenantRoutesTests {
    @Test("a tenant is created once, replaced after that, and its secret never comes back")
    func upsert() async throws {
        try await TestAPI.with { api in
            let path = "/admin/v1/tenants/807"
            let made = try await api.operate(.put, path, json: TestAPI.tenantBody)
            #expect(made.status == .created)
            #expect(made.headers[.eTag] == #""v1""#)
            #expect(made.json["pbx"]?["client_id"]?.text == "@me")
            #expect(made.json["settings"]?["event_limit"]?.integer == 16)
            #expect(made.json["settings"]?["call_retention_days"] == .null)
            let changed: JSONValue = [
                "name": "Новое имя", "pbx": ["app_id": "other", "url": "https://pbx.example:8443/base"],
                "settings": ["grace_seconds": .number(7.5), "external_only": false, "call_retention_days": 365],
            ]
            let replaced = try await api.operate(.put, path, json: changed)
            #expect(replaced.status == .ok)
            #expect(replaced.headers[.eTag] == #""v2""#)
            let read = try await api.operate(.get, path)
            #expect(read.json == replaced.json)
            #expect(read.json["settings"]?["grace_seconds"] == .number(7.5))
            #expect(read.json["settings"]?["external_only"] == false)
            #expect(read.json["settings"]?["call_retention_days"]?.integer == 365)
            #expect(read.json["pbx"]?["url"]?.text == "https://pbx.example:8443/base")

            // The secret was kept: it still opens under the tenant's context.
            let tenant = try await api.test.database.system { try await $0.tenants.find(TenantID(rawValue: "807")) }
            let sealed = try #require(tenant).pbx.sealedAppSecret
            #expect(
                try api.keyRing.open(sealed, context: .appSecret(of: TenantID(rawValue: "807")))
                    == "secret-of-the-client"
            )
            for text in [made.text, replaced.text, read.text] {
                #expect(!text.contains("app_secret"))
                #expect(!text.contains("secret-of-the-client"))
            }
            let audit = try await api.rows(AuditLines())
            #expect(audit.map(\.action) == ["tenant.put", "tenant.put"])
            #expect(audit.allSatisfy { !$0.content.contains("secret-of-the-client") && !$0.content.contains("v1.k1") })
        }
    }

    @Test("If-Match is honoured")
    func ifMatch() async throws {
        try await TestAPI.with { api in
            let path = "/admin/v1/tenants/807"
            func put(_ tag: String) async throws -> Int {
                try await api.operate(.put, path, json: TestAPI.tenantBody, headers: [.ifMatch: tag]).status.code
            }
            #expect(try await put("*") == 412)
            #expect(try await put(#""v1""#) == 412)
            try await api.tenant("807")
            #expect(try await put(#""v2""#) == 412)
            #expect(try await put(#"W/"v1""#) == 412)
            #expect(try await put(#""v0", "v1""#) == 200)
            #expect(try await put("*") == 200)
        }
    }

    @Test("all that is wrong is said at once, by pointer")
    func validation() async throws {
        try await TestAPI.with { api in
            let body: JSONValue = [
                "locale": "fr", "time_zone": "Mars; DROP", "status": "removing", "colour": 1,
                "pbx": ["url": "ftp://x", "client_id": "../x", "app_id": 5, "a/b~c": true],
                "settings": [
                    "external_only": "yes", "grace_seconds": -1, "event_limit": .number(1.5), "typo": 0,
                    "call_retention_days": 0,
                ],
            ]
            let answer = try await api.operate(.put, "/admin/v1/tenants/807", json: body)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.code == "validation_failed")
            #expect(
                answer.pointers.sorted() == [
                    "/colour", "/locale", "/name", "/pbx/app_id", "/pbx/app_secret", "/pbx/a~1b~0c", "/pbx/client_id",
                    "/pbx/url", "/settings/call_retention_days", "/settings/event_limit", "/settings/external_only",
                    "/settings/grace_seconds",
                    "/settings/typo", "/status", "/time_zone",
                ]
            )
            #expect(try await api.operate(.get, "/admin/v1/tenants/807").status == .notFound)
        }
    }

    @Test(
        "bodies that are no JSON object are refused by kind",
        arguments: [
            ("{", "application/json", 400, "malformed_json"), ("", "application/json", 400, "malformed_json"),
            (#"{"name":"a","name":"b"}"#, "application/json", 400, "malformed_json"),
            ("[]", "application/json", 422, "validation_failed"),
            ("{}", "text/plain", 415, "unsupported_media_type"),
            ("{}", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
            ("{}", "application/merge-patch+json; charset=utf-8", 422, "validation_failed"),
        ]
    )
    func bodies(body: String, type: String, status: Int, code: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                .put,
                "/admin/v1/tenants/807",
                key: TestAPI.operatorKey,
                body: body,
                headers: [.contentType: type]
            )
            #expect(answer.status.code == status)
            #expect(answer.code == code)
        }
    }

    @Test("a body over 1 MiB is 413")
    func large() async throws {
        try await TestAPI.with { api in
            let body: JSONValue = ["name": .string(String(repeating: "x", count: 1 << 20))]
            let answer = try await api.operate(.put, "/admin/v1/tenants/807", json: body)
            #expect(answer.status == .contentTooLarge)
        }
    }

    @Test(
        "a tenant's key has 1 to 64 plain characters",
        arguments: ["a%20b", "%D0%B0", String(repeating: "a", count: 65)]
    )
    func badKey(id: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.operate(.put, "/admin/v1/tenants/\(id)", json: TestAPI.tenantBody)
            #expect(answer.status == .badRequest)
            #expect(answer.code == "invalid_parameter")
        }
    }

    @Test("the list is paged by cursor")
    func list() async throws {
        try await TestAPI.with { api in
            for id in ["a", "b", "c"] {
                try await api.tenant(id)
            }
            let first = try await api.operate(.get, "/admin/v1/tenants?limit=2")
            #expect(first.data.map { $0["tenant"]?.text } == ["a", "b"])
            let cursor = try #require(first.json["next_cursor"]?.text)
            let second = try await api.operate(.get, "/admin/v1/tenants?limit=2&cursor=\(cursor)")
            #expect(second.data.map { $0["tenant"]?.text } == ["c"])
            #expect(second.json["next_cursor"] == .null)
            for bad in [
                "limit=0", "limit=-1", "limit=x", "limit=", "cursor=%21", "cursor=abc", "cursor=", "limit=1&limit=2",
            ] {
                #expect(try await api.operate(.get, "/admin/v1/tenants?\(bad)").status == .badRequest, "\(bad)")
            }
            let unknown = try await api.operate(.get, "/admin/v1/tenants?page=1")
            #expect(unknown.code == "unknown_parameter")
            #expect(unknown.pointers == ["?page"])
            #expect(try await api.operate(.get, "/admin/v1/tenants?limit=99999999999999999999").data.count == 3)
        }
    }

    @Test("many writers of one new tenant: one creates it, every write counts")
    func concurrent() async throws {
        try await TestAPI.with { api in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await api.operate(.put, "/admin/v1/tenants/807", json: TestAPI.tenantBody).status.code
                    }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 201 } == 1)
            #expect(statuses.allSatisfy { $0 == 200 || $0 == 201 || $0 == 409 })
        }
    }

    @Test("users are created, replaced and listed; odd ids survive percent-encoding")
    func users() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let admin = try await api.key("admin", of: "807")
            let users = "/admin/v1/tenants/807/users"
            let body: JSONValue = ["name": "Анна", "email": "anna@example.com"]
            let made = try await api.send(.put, "\(users)/a%2Fb%40c%2B1", key: admin, json: body)
            #expect(made.status == .created)
            #expect(made.json["user_id"]?.text == "a/b@c+1")
            #expect(try await api.send(.put, "\(users)/a%2Fb%40c%2B1", key: admin, json: body).status == .ok)
            #expect(try await api.send(.put, "\(users)/u2", key: admin, json: ["name": "Б"]).status == .created)
            let listed = try await api.send(.get, users, key: admin)
            #expect(listed.data.map { $0["user_id"]?.text } == ["a/b@c+1", "u2"])
            #expect(listed.data.last?["email"] == .null)
            let bad = try await api.send(
                .put,
                "\(users)/u3",
                key: admin,
                json: ["name": "a\nb", "email": "none", "x": 1]
            )
            #expect(bad.status == .unprocessableContent)
            #expect(bad.pointers.sorted() == ["/email", "/name", "/x"])
            #expect(try await api.send(.put, "\(users)/%00", key: admin, json: body).status == .badRequest)
            #expect(try await api.send(.put, "\(users)/%zz", key: admin, json: body).status == .badRequest)
        }
    }

    @Test("a suspended tenant's writes are 409, its reads work")
    func suspended() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let connector = try await api.key("connector", of: "807")
            let suspended: JSONValue = ["name": "x", "status": "suspended", "pbx": ["app_id": "a"]]
            #expect(try await api.operate(.put, "/admin/v1/tenants/807", json: suspended).status == .ok)
            let user = try await api.operate(.put, "/admin/v1/tenants/807/users/u1", json: ["name": "x"])
            #expect(user.status == .conflict)
            #expect(user.code == "tenant_suspended")
            let mappings = try await api.operate(
                .put,
                "/admin/v1/tenants/807/mappings",
                json: ["mappings": []],
                headers: [.ifMatch: "*"]
            )
            #expect(mappings.code == "tenant_suspended")
            #expect(try await api.operate(.get, "/admin/v1/tenants/807/mappings").status == .ok)
            #expect(try await api.send(.get, "/v1/calls", key: connector).status == .ok)
        }
    }
}
