import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

/// Rotation, suspension and removal as operators and admins see them.
@Suite("Rotation, suspension and removal", .timeLimit(.minutes(5)))
struct TenantLeavingTests {
    private static let path = "/admin/v1/tenants/807"

    @Test("a rotated token: both URLs are accepted, the answer is a mapping write's, and the log has no secret")
    func rotation() async throws {
        try await TestAPI.with { api in
            let old = try await api.phone(of: "807")
            try await api.reconcile()
            let answer = try await api.operate(
                .post,
                Self.path + "/extensions/101/rotate-token",
                headers: [.prefer: "wait=0"]
            )
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.headers[.preferenceApplied] == "wait=0")
            #expect(answer.json["reconcile"]?["status"]?.text == "pending")
            #expect(answer.json["mappings"]?.elements?.count == 1)
            let new = try await api.token(of: "807", extensionID: 101)
            #expect(new != old)
            for token in [old, new] {
                #expect(try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1").status == .ok)
                #expect(!answer.text.contains(token))
            }
            let audit = try await api.rows(AuditLines())
            #expect(audit.last?.action == "extension.rotate_token")
            #expect(audit.allSatisfy { !$0.content.contains(old) && !$0.content.contains(new) })
        }
    }

    @Test(
        "what cannot be rotated is told apart",
        arguments: [("102", 409, "extension_not_mapped"), ("4711", 404, "not_found"), ("x", 404, "not_found")]
    )
    func notRotated(extensionID: String, status: Int, code: String) async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            let answer = try await api.operate(.post, Self.path + "/extensions/\(extensionID)/rotate-token")
            #expect(answer.status.code == status)
            #expect(answer.code == code)
        }
    }

    @Test("a suspended tenant: events are stored, connectors read, admin writes answer 409")
    func suspension() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let connector = try await api.key("connector", of: "807")
            try await api.sql("UPDATE tenants SET status = 'suspended'")
            #expect(try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1").status == .ok)
            #expect(try await api.rows(StoredEvents()).count == 1)
            #expect(try await api.send(.get, "/v1/calls", key: connector).status == .ok)
            for (method, path) in [
                (HTTPRequest.Method.post, "/reconcile"), (.post, "/extensions/101/rotate-token"),
            ] {
                let answer = try await api.operate(method, Self.path + path)
                #expect(answer.status == .conflict)
                #expect(answer.code == "tenant_suspended")
            }
        }
    }

    @Test("a suspended tenant's extensions are not shown as pending once their rows have left the PBX")
    func suspendedExtensions() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            try await api.reconcile()
            try await api.sql("UPDATE tenants SET status = 'suspended'")
            let during = try await api.operate(.get, Self.path + "/reconcile")
            #expect(during.json["status"]?.text == "pending")
            try await api.sql("UPDATE subscription_states SET state = 'removed'")
            let after = try await api.operate(.get, Self.path + "/reconcile")
            #expect(after.json["status"]?.text == "converged")
            #expect(after.json["extensions"]?.elements?.map { $0["state"]?.text } == ["removed"])
            let listed = try await api.operate(.get, Self.path + "/extensions")
            let phone = try #require(listed.data.first { $0["extension_id"]?.integer == 101 })
            #expect(phone["subscription"]?["state"]?.text == "removed")
            #expect(phone["mapping"] != .null)
            try await api.sql("UPDATE tenants SET status = 'active'")
            #expect(try await api.operate(.get, Self.path + "/reconcile").json["status"]?.text == "pending")
        }
    }

    @Test("removal: dry run, 202 with what remains, keys and tokens stop, repeated it is harmless, force ends it")
    func removal() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let admin = try await api.key("admin", of: "807")
            try await api.sql(
                "INSERT INTO subscriptions (tenant_id, extension_id, event_id, event_type) VALUES ('807', 101, 7, 'hangup')"
            )
            let preview = try await api.operate(.delete, Self.path + "?dry_run=true")
            #expect(preview.status == .ok)
            #expect(preview.json["rows"]?["mappings"]?.integer == 1)
            #expect(preview.json["remaining"]?.elements?.count == 1)
            #expect(try await api.operate(.get, Self.path).json["status"]?.text == "active")

            for _ in 0..<2 {
                let answer = try await api.operate(.delete, Self.path, headers: [.prefer: "wait=0"])
                #expect(answer.status == .accepted)
                #expect(answer.json["status"]?.text == "removing")
                let row = try #require(answer.json["remaining"]?.elements?.first)
                #expect(row == ["extension_id": 101, "event_id": 7, "event_type": "hangup"])
                #expect(answer.json["extensions"]?.elements?.first?["extension_id"]?.integer == 101)
            }
            #expect(try await api.send(.get, Self.path + "/mappings", key: admin).status == .unauthorized)
            #expect(try await api.operate(.put, Self.path, json: TestAPI.tenantBody).code == "tenant_removing")
            #expect(try await api.operate(.get, Self.path).json["removal"]?["remaining"]?.elements?.count == 1)
            #expect(try await api.rows(AuditLines()).count { $0.action == "tenant.remove" } == 1)
            // Memory may be some moments behind; nothing is stored in any case.
            _ = try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1")
            #expect(try await api.rows(StoredEvents()).isEmpty)

            let forced = try await api.operate(.delete, Self.path + "?force=true")
            #expect(forced.status == .ok)
            #expect(
                forced.json["remaining"] == [["extension_id": 101, "event_id": 7, "event_type": "hangup"]]
            )
            #expect(try await api.operate(.get, Self.path).status == .notFound)
            #expect(try await api.operate(.delete, Self.path).status == .notFound)
            #expect(try await api.operate(.put, Self.path, json: TestAPI.tenantBody).status == .created)
        }
    }
}
