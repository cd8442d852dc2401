import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony
import Testing

@testable import WebAPI

@Suite("Mappings", .timeLimit(.minutes(5)))
struct MappingRoutesTests {
    private static let path = "/admin/v1/tenants/807/mappings"
    private static let phone: JSONValue = [["extension_id": 101, "user_id": "u1"]]

    @Test("a write waits for the PBX and says how far it came")
    func converged() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            try await api.readDirectories()
            let answer = try await Self.put(Self.phone, on: api) { try await api.reconcile() }
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.headers[.eTag] == #""v2""#)
            #expect(answer.headers[.preferenceApplied] == "wait=30")
            #expect(answer.json["mappings"] == Self.phone)
            let reconcile = try #require(answer.json["reconcile"])
            #expect(reconcile["status"]?.text == "converged")
            let entry = try #require(reconcile["extensions"]?.elements?.first)
            #expect(entry["extension_id"]?.integer == 101)
            #expect(entry["name"]?.text == "2566*101")
            #expect(entry["type"]?.text == "phone")
            #expect(entry["state"]?.text == "active")
            #expect(entry["added"] == ["dial-in", "dial-out", "answer", "hangup"])
            #expect(entry["problem"] == .null)
            #expect(try await api.operate(.get, Self.path).headers[.eTag] == #""v2""#)
            let state = try await api.operate(.get, "/admin/v1/tenants/807/reconcile")
            #expect(state.json["status"]?.text == "converged")
        }
    }

    @Test("a limit problem is told with its numbers and the two ways out, in the reader's language")
    func limited() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            try await api.readDirectories()
            let answer = try await Self.put(Self.phone, on: api) { try await api.reconcile(TestAPI.limited) }
            #expect(answer.json["reconcile"]?["status"]?.text == "failed")
            let entry = answer.json["reconcile"]?["extensions"]?.elements?.first
            #expect(entry?["state"]?.text == "failed")
            #expect(entry?["missing"]?.elements?.count == 4)
            #expect(entry?["problem"]?["code"]?.text == "event_limit_reached")

            let ru = try await api.operate(.get, "/admin/v1/tenants/807/problems")
            let detail = try #require(ru.data.first?["detail"]?.text)
            #expect(detail.hasPrefix("На добавочном 2566*101 (101) занято 14 из 16"))
            #expect(detail.contains("crm.example: 12, bi.example: 2"))
            #expect(detail.contains("удалить") && detail.contains("увеличить лимит"))
            let en = try await api.operate(
                .get,
                "/admin/v1/tenants/807/problems",
                headers: [.acceptLanguage: "de, en;q=0.9, ru;q=0.1"]
            )
            #expect(en.data.first?["detail"]?.text?.contains("14 of 16") == true)
            #expect(en.data.first?["detail"]?.text?.contains("raise the limit") == true)
            #expect(en.data.first?["data"]?["foreign_hosts"]?["crm.example"]?.integer == 12)
            #expect(en.data.first?["extension_id"]?.integer == 101)
        }
    }

    @Test("retry now runs what had failed for good, and a pending end is waited through")
    func retryNow() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            try await api.readDirectories()
            _ = try await Self.put(Self.phone, on: api) { try await api.reconcile(TestAPI.limited) }
            let path = "/admin/v1/tenants/807/reconcile"
            let asked = try await api.operate(.post, path, headers: [.prefer: "wait=0"])
            #expect(asked.json["status"]?.text == "pending")
            #expect(asked.headers[.preferenceApplied] == "wait=0")
            try await api.reconcile()
            let after = try await api.operate(.get, path)
            #expect(after.json["status"]?.text == "converged")
            #expect(try await api.operate(.get, "/admin/v1/tenants/807/problems").data == [])
        }
    }

    @Test("without a run within the wait the write is done and pending")
    func pending() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            let state = try await api.operate(.get, "/admin/v1/tenants/807/reconcile")
            #expect(state.json["status"]?.text == "pending")
            #expect(state.json["extensions"]?.elements?.first?["state"]?.text == "pending")
            #expect(try await api.operate(.get, Self.path).json["mappings"] == Self.phone)
        }
    }

    @Test("an unmapped extension stays in the answer until its rows are gone")
    func unmapped() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            try await api.reconcile()
            let answer = try await Self.put([], on: api) {
                try await api.reconcile { claim in
                    let removed = ["dial-in", "dial-out", "answer", "hangup"]
                    return (
                        SubscriptionState(
                            extensionID: claim.extensionID,
                            state: .removed,
                            generation: claim.generation,
                            removed: removed
                        ), nil
                    )
                }
            }
            #expect(answer.json["mappings"] == [])
            #expect(answer.json["reconcile"]?["status"]?.text == "converged")
            #expect(answer.json["reconcile"]?["extensions"]?.elements?.first?["state"]?.text == "removed")
            #expect(answer.json["reconcile"]?["extensions"]?.elements?.first?["removed"]?.elements?.count == 4)
            let later = try await api.operate(.get, "/admin/v1/tenants/807/reconcile")
            #expect(later.json["extensions"] == [])
        }
    }

    @Test("If-Match is required, and a stale one is refused")
    func conditions() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            let missing = try await api.operate(.put, Self.path, json: ["mappings": []])
            #expect(missing.status == .preconditionRequired)
            #expect(missing.code == "precondition_required")
            let stale = try await api.operate(
                .put,
                Self.path,
                json: ["mappings": []],
                headers: [.ifMatch: #""v1""#, .prefer: "wait=0"]
            )
            #expect(stale.status == .preconditionFailed)
            #expect(stale.code == "precondition_failed")
            #expect(try await api.operate(.get, Self.path).json["mappings"] == Self.phone)
            // The same set again changes nothing and keeps its version.
            let same = try await api.map("807", Self.phone)
            #expect(same.headers[.eTag] == #""v2""#)
            #expect(try await api.rows(AuditLines()).count { $0.action == "mappings.put" } == 1)
        }
    }

    @Test(
        "entries are refused by pointer and code",
        arguments: [
            ([["extension_id": 101, "user_id": "nobody"]], "user_unknown", ["/mappings/0/user_id"]),
            ([["extension_id": 101]], "user_required", ["/mappings/0/user_id"]),
            ([["extension_id": 200], ["extension_id": 999]], "extension_unknown", ["/mappings/1/extension_id"]),
            (
                [["extension_id": 300, "user_id": "u1"]], "extension_type_unsupported", ["/mappings/0/extension_id"]
            ),
            (
                [["extension_id": 200], ["extension_id": 200]], "duplicate_extension", ["/mappings/1/extension_id"]
            ),
            (
                [["extension_id": 101], ["extension_id": 999]], "validation_failed",
                ["/mappings/0/user_id", "/mappings/1/extension_id"]
            ),
            (
                [["extension_id": "101"], ["user": 1, "extension_id": 0], 7, ["extension_id": 101, "user_id": ""]],
                "validation_failed",
                [
                    "/mappings/0/extension_id", "/mappings/1/user", "/mappings/1/extension_id", "/mappings/2",
                    "/mappings/3/user_id",
                ]
            ),
        ] as [(JSONValue, String, [String])]
    )
    func refused(mappings: JSONValue, code: String, pointers: [String]) async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            try await api.readDirectories()
            let answer = try await api.map("807", mappings)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.code == code)
            #expect(answer.pointers == pointers)
            #expect(try await api.operate(.get, Self.path).json["mappings"] == [])
        }
    }

    @Test(
        "a body of another shape is refused",
        arguments: [[:], ["mappings": 1], ["mappings": [], "more": 1]] as [JSONValue]
    )
    func shape(body: JSONValue) async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let answer = try await api.operate(.put, Self.path, json: body, headers: [.ifMatch: "*"])
            #expect(answer.status == .unprocessableContent)
        }
    }

    @Test("the first write waits for the first reading of the directory, and is checked against it")
    func firstReading() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            let answer = try await Self.put(
                [["extension_id": 999, "user_id": "u1"]],
                on: api,
                until: Channel.directoryRead
            ) {
                try await api.readDirectories()
            }
            #expect(answer.code == "extension_unknown")
        }
    }

    @Test("while the directory cannot be read, unknown extensions are accepted")
    func directoryUnreadable() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            try await api.readDirectories(error: "pbx_unreachable")
            let answer = try await api.map("807", [["extension_id": 999, "user_id": "u1"]])
            #expect(answer.status == .ok)
            #expect(answer.json["reconcile"]?["status"]?.text == "pending")
            let extensions = try await api.operate(.get, "/admin/v1/tenants/807/extensions")
            #expect(extensions.data.isEmpty)
            #expect(extensions.json["directory"]?["error_code"]?.text == "pbx_unreachable")
        }
    }

    @Test("extensions are listed with their mapping, slots and last event")
    func extensions() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            try await api.reconcile()
            try await api.sql(
                "UPDATE extensions SET last_event_at = '2026-11-22 10:00:00.5+00' WHERE extension_id = 101"
            )
            let path = "/admin/v1/tenants/807/extensions"
            let answer = try await api.operate(.get, path)
            #expect(answer.data.map { $0["extension_id"]?.integer } == [101, 102, 200, 300])
            let first = try #require(answer.data.first)
            #expect(first["mapping"] == ["user_id": "u1"])
            #expect(first["subscription"]?["state"]?.text == "active")
            #expect(
                first["subscription"]?["slots"]
                    == ["limit": 16, "used": 5, "ours": 4, "foreign": 1, "foreign_hosts": ["other.example": 1]]
            )
            #expect(first["last_event_at"]?.text == "2026-11-22T10:00:00.500000Z")
            #expect(answer.data.last?["mapping"] == .null)
            #expect(answer.data.last?["subscription"] == .null)

            let page = try await api.operate(.get, "\(path)?limit=3")
            let cursor = try #require(page.json["next_cursor"]?.text)
            let rest = try await api.operate(.get, "\(path)?limit=3&cursor=\(cursor)")
            #expect(rest.data.map { $0["extension_id"]?.integer } == [300])
            #expect(rest.json["next_cursor"] == .null)
            #expect(try await api.operate(.get, "\(path)?refresh=1").status == .badRequest)
        }
    }

    @Test("refresh waits until the directory was read")
    func refresh() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.readDirectories()
            try await api.sql("DELETE FROM extensions")
            let answer = try await Self.during(
                api,
                Channel.directory,
                work: { try await api.readDirectories() },
                request: { try await api.operate(.get, "/admin/v1/tenants/807/extensions?refresh=true") }
            )
            #expect(answer.data.count == 4)
        }
    }

    /// Replaces the mappings while `work` plays the worker that the write waits for.
    private static func put(
        _ mappings: JSONValue,
        on api: TestAPI,
        until channel: String = Channel.reconciled,
        work: @escaping @Sendable () async throws -> Void
    ) async throws -> TestAPI.Answer {
        let tag = try #require(try await api.operate(.get, Self.path).headers[.eTag])
        return try await Self.during(
            api,
            channel == Channel.reconciled ? Channel.reconcile : Channel.directory,
            work: work,
            request: {
                try await api.operate(
                    .put,
                    Self.path,
                    json: ["mappings": mappings],
                    headers: [.ifMatch: tag, .prefer: "wait=30"]
                )
            }
        )
    }

    /// Runs `work` whenever the channel says that there is some, until the request is answered.
    static func during(
        _ api: TestAPI,
        _ channel: String,
        work: @escaping @Sendable () async throws -> Void,
        request: @escaping @Sendable () async throws -> TestAPI.Answer
    ) async throws -> TestAPI.Answer {
        let events = api.listener.events(on: channel)
        return try await withThrowingTaskGroup(of: TestAPI.Answer?.self) { group in
            group.addTask {
                for await _ in events {
                    try await work()
                }
                return nil
            }
            group.addTask { try await request() }
            while let answer = try await group.next() {
                if let answer {
                    group.cancelAll()
                    return answer
                }
            }
            throw CancellationError()
        }
    }
}
