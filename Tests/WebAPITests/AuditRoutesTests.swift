import HTTPTypes
import Hummingbird
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Audit log and events as they are read", .timeLimit(.minutes(5)))
struct AuditRoutesTests {
    private static let path = "/admin/v1/tenants/807/audit"

    @Test("a tenant's log has who did what, newest first, with before and after, and no secret")
    func log() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let admin = try await api.key("admin", of: "807")
            for name in ["Анна", "Вера"] {
                let answer = try await api.send(
                    .put,
                    "/admin/v1/tenants/807/users/u1",
                    key: admin,
                    json: ["name": .string(name)],
                    headers: [.requestID: "req-\(name == "Анна" ? 1 : 2)"]
                )
                #expect(answer.status.code < 300)
            }
            let log = try await api.send(.get, Self.path, key: admin)
            #expect(log.status == .ok, "\(log.text)")
            #expect(
                log.data.map { $0["action"]?.text } == ["user.put", "user.put", "key.create", "tenant.put"]
            )
            let last = try #require(log.data.first)
            #expect(
                last.members?.map(\.name)
                    == ["at", "actor", "action", "target", "before", "after", "request_id"]
            )
            #expect(last["actor"]?.text?.hasPrefix("admin:") == true)
            #expect(last["target"]?.text == "user:u1")
            #expect(last["before"]?["name"]?.text == "Анна")
            #expect(last["after"]?["name"]?.text == "Вера")
            #expect(last["request_id"]?.text == "req-2")
            #expect(last["at"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            #expect(log.data.last?["before"] == .null)
            #expect(!log.text.contains("secret-of-the-client") && !log.text.contains(admin))
        }
    }

    @Test("the log is filtered and paged; nobody sees another tenant's")
    func pages() async throws {
        try await TestAPI.with { api in
            for tenant in ["807", "808"] {
                try await api.tenant(tenant)
                for user in ["u1", "u2", "u3"] {
                    try await api.user(user, of: tenant)
                }
            }
            var targets: [String?] = []
            var cursor = ""
            repeat {
                let page = try await api.operate(.get, Self.path + "?limit=2\(cursor)")
                targets += page.data.map { $0["target"]?.text }
                cursor = page.json["next_cursor"]?.text.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(targets == ["user:u3", "user:u2", "user:u1", "tenant:807"])
            let puts = try await api.operate(.get, Self.path + "?action=tenant.put")
            #expect(puts.data.count == 1)
            let at = try #require(try await api.operate(.get, Self.path + "?limit=2").data.last?["at"]?.text)
            let since = try await api.operate(.get, Self.path + "?since=\(at)")
            #expect(since.data.map { $0["target"]?.text } == ["user:u3", "user:u2"])
            for bad in ["since=yesterday", "cursor=abc", "limit=0", "target=x"] {
                #expect(try await api.operate(.get, Self.path + "?\(bad)").status == .badRequest, "\(bad)")
            }
            let foreign = try #require(
                try await api.operate(.get, "/admin/v1/tenants/808/audit?limit=1").json["next_cursor"]?.text
            )
            let mixed = try await api.operate(.get, Self.path + "?cursor=\(foreign)")
            #expect(mixed.data.allSatisfy { $0["target"]?.text != "tenant:808" })
        }
    }

    @Test("operators read the log of all tenants and of what concerns none")
    func operators() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            try await api.user("u1", of: "808")
            #expect(try await api.operate(.delete, "/admin/v1/tenants/807?force=true").status == .ok)
            let log = try await api.operate(.get, "/admin/v1/audit")
            #expect(
                log.data.map { $0["tenant"] } == [.null, "808", "808"],
                "what a removed tenant's log held is gone with it"
            )
            #expect(log.data.first?["action"]?.text == "tenant.remove_force")
            let first = try await api.operate(.get, "/admin/v1/audit?limit=1&action=user.put")
            #expect(first.data.map { $0["tenant"]?.text } == ["808"])
            #expect(first.json["next_cursor"] == .null)
        }
    }

    @Test("events are listed as they arrived, in the form of explanations, by call, extension and time")
    func events() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            _ = try await api.map(
                "807",
                [["extension_id": 101, "user_id": "u1"], ["extension_id": 102, "user_id": "u1"]]
            )
            let other = try await api.token(of: "807", extensionID: 102)
            let bodies = [
                (token, "CallID=A1&EventType=dial-in&SubCallID=s1"), (other, "CallID=a1&EventType=dial-in"),
                (token, "EventType=hangup"), (token, "CallID=a2&EventType=hangup"),
                (token, "CallID=a2&EventType=hangup"),
            ]
            for (token, body) in bodies {
                #expect(try await api.send(.post, "/ext-event/\(token)", body: body).status == .ok)
            }
            let path = "/admin/v1/tenants/807/events"
            let all = try await api.operate(.get, path, headers: [.acceptLanguage: "en"])
            #expect(all.status == .ok, "\(all.text)")
            #expect(all.data.map { $0["call_id"] ?? 0 } == ["a1", "a1", .null, "a2", "a2"])
            #expect(all.data.map { $0["extension_id"]?.integer } == [101, 102, 101, 101, 101])
            let ids = all.data.map { $0["event_id"]?.text }
            #expect(Set(ids).count == 5)
            #expect(all.data[2]["quarantine"]?["reason"]?.text == "no_call_id")
            #expect(all.data[2]["quarantine"]?["text"]?.text?.contains("no CallID") == true)
            #expect(all.data[0]["quarantine"] == .null)
            #expect(all.data[0]["received_at"]?.text.flatMap { Timestamp(rfc3339: $0) } != nil)
            let explained = try await api.operate(
                .get,
                "/admin/v1/tenants/807/explain?call_id=a1",
                headers: [.acceptLanguage: "en"]
            )
            #expect(explained.json["events"]?.elements?.first == all.data.first)

            let call = try await api.operate(.get, path + "?call_id=A1")
            #expect(call.data.map { $0["event_id"]?.text } == Array(ids[0...1]))
            let both = try await api.operate(.get, path + "?call_id=a1&extension_id=102")
            #expect(both.data.map { $0["event_id"]?.text } == [ids[1]])
            let one = try await api.operate(.get, path + "?extension_id=101")
            #expect(one.data.count == 4)
            #expect(one.json["next_cursor"] == .null)
            let at = try #require(all.data[3]["received_at"]?.text)
            let late = try await api.operate(.get, path + "?since=\(at)")
            #expect(late.data.map { $0["event_id"]?.text } == Array(ids[3...]))
            for filter in ["", "&extension_id=101", "&call_id=a2"] {
                var seen: [String?] = []
                var cursor = ""
                repeat {
                    let page = try await api.operate(.get, path + "?limit=1\(filter)\(cursor)")
                    seen += page.data.map { $0["event_id"]?.text }
                    cursor = page.json["next_cursor"]?.text.map { "&cursor=\($0)" } ?? ""
                } while !cursor.isEmpty
                let whole = try await api.operate(.get, path + "?limit=1000\(filter)")
                #expect(seen == whole.data.map { $0["event_id"]?.text }, "\(filter)")
            }
            try await api.tenant("808")
            #expect(try await api.operate(.get, "/admin/v1/tenants/808/events").data == [])
            for bad in ["call_id=", "extension_id=x", "extension_id=0", "cursor=x", "call=a1"] {
                #expect(try await api.operate(.get, path + "?\(bad)").status == .badRequest, "\(bad)")
            }
        }
    }

    @Test("an extension's events are found across pages that hold none of its own")
    func sparse() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.sql(
                """
                INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields)
                SELECT '807', now() - n * interval '1 minute', CASE WHEN n IN (0, 9) THEN 102 ELSE 101 END, 'c', '{}'
                FROM generate_series(0, 9) n
                """
            )
            let scope = try await api.scope("807")
            let filter = EventFilter(extensionID: ExtensionID(rawValue: 102))
            var pages: [Int] = []
            var position: LogPosition?
            repeat {
                let page = try await api.test.database.tenant(scope) { [position] transaction in
                    try await transaction.events(filter, after: position, limit: 5, examined: 4)
                }
                pages.append(page.events.count)
                position = page.next
            } while position != nil
            #expect(pages == [1, 0, 1])
        }
    }
}
