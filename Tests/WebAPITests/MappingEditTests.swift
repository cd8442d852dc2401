import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

/// Single mappings, users that go, and what two admins do to each other.
@Suite("Edits of mappings", .timeLimit(.minutes(5)))
struct MappingEditTests {
    private static let path = "/admin/v1/tenants/807/mappings"

    @Test("one mapping is made, changed and removed; the others stay, and the answer is every mapping write's")
    func one() async throws {
        try await Self.with { api in
            let made = try await api.edit(.put, "/102", ["user_id": "u1"])
            #expect(made.status == .ok, "\(made.text)")
            #expect(made.headers[.eTag] == #""v3""#)
            #expect(made.headers[.preferenceApplied] == "wait=0")
            #expect(made.json["mappings"] == [Self.mapping(101, "u1"), Self.mapping(102, "u1")])
            #expect(made.json["reconcile"]?["status"]?.text == "pending")
            try await api.reconcile()
            let changed = try await api.edit(.put, "/102", ["user_id": "u2"])
            #expect(changed.json["mappings"] == [Self.mapping(101, "u1"), Self.mapping(102, "u2")])
            #expect(changed.json["reconcile"]?["status"]?.text == "converged")
            let same = try await api.edit(.put, "/102", ["user_id": "u2"])
            #expect(same.headers[.eTag] == changed.headers[.eTag])
            let monitored = try await api.edit(.put, "/200", [:])
            #expect(monitored.json["mappings"]?.elements?.last == Self.mapping(200, nil))
            let removed = try await api.edit(.delete, "/102")
            #expect(removed.status == .ok)
            #expect(removed.json["mappings"] == [Self.mapping(101, "u1"), Self.mapping(200, nil)])
            #expect(try await api.edit(.delete, "/102").code == "not_found")
            let lines = try await api.rows(AuditLines()).filter { $0.action == "mappings.put" }
            #expect(lines.count == 5)
            #expect(lines.last?.content.contains("102") == true)
            #expect(lines.last?.content.contains("101") == false)
        }
    }

    @Test(
        "what cannot be mapped is refused by pointer and code, and nothing changes",
        arguments: [
            ("101", ["user_id": "nobody"], 422, "user_unknown", ["/user_id"]),
            ("101", ["user_id": nil], 422, "user_required", ["/user_id"]),
            ("999", ["user_id": "u1"], 422, "extension_unknown", ["?extension_id"]),
            ("300", ["user_id": "u1"], 422, "extension_type_unsupported", ["?extension_id"]),
            ("101", ["user_id": 5, "user": 1], 422, "validation_failed", ["/user", "/user_id"]),
            ("101", [], 422, "validation_failed", [""]),
            ("0", ["user_id": "u1"], 404, "not_found", []), ("x", ["user_id": "u1"], 404, "not_found", []),
            ("99999999999999999999", ["user_id": "u1"], 404, "not_found", []),
        ] as [(String, JSONValue, Int, String, [String])]
    )
    func refused(extensionID: String, body: JSONValue, status: Int, code: String, pointers: [String]) async throws {
        try await Self.with { api in
            let answer = try await api.edit(.put, "/\(extensionID)", body)
            #expect(answer.status.code == status)
            #expect(answer.code == code)
            #expect(answer.pointers.sorted() == pointers)
            #expect(try await api.operate(.get, Self.path).headers[.eTag] == #""v2""#)
        }
    }

    @Test("one change is not refused for what another mapping has come to")
    func othersTrouble() async throws {
        try await Self.with { api in
            try await api.sql("UPDATE extensions SET gone_at = now() WHERE extension_id = 101")
            let answer = try await api.edit(.put, "/102", ["user_id": "u1"])
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.json["mappings"]?.elements?.count == 2)
        }
    }

    @Test("form, directory and users: all that is wrong with a set is said at once")
    func allAtOnce() async throws {
        try await Self.with { api in
            let set: JSONValue = [
                ["extension_id": "101"], ["extension_id": 999, "user_id": "u1"],
                ["extension_id": 102, "user_id": "no"],
            ]
            for language in ["ru", "en"] {
                let answer = try await api.operate(
                    .put,
                    Self.path,
                    json: ["mappings": set],
                    headers: [.ifMatch: "*", .acceptLanguage: language]
                )
                #expect(answer.code == "validation_failed")
                #expect(
                    answer.pointers == ["/mappings/0/extension_id", "/mappings/1/extension_id", "/mappings/2/user_id"]
                )
                #expect(answer.codes == ["wrong_type", "extension_unknown", "user_unknown"])
                let details = answer.json["errors"]?.elements?.compactMap { $0["detail"]?.text } ?? []
                #expect(details.allSatisfy { Self.isRussian($0) == (language == "ru") })
            }
        }
    }

    @Test("the dry run of one change asks for its plan and changes nothing")
    func dryRun() async throws {
        try await Self.with { api in
            try await api.reconcile()
            for (method, path, body, subject) in [
                (HTTPRequest.Method.put, Self.path + "/102", ["user_id": "u1"] as JSONValue, (102, true)),
                (.delete, Self.path + "/101", nil, (101, false)),
                (.delete, "/admin/v1/tenants/807/users/u1", nil, (101, false)),
            ] {
                let asked = try await MappingRoutesTests.during(
                    api,
                    Channel.inquiries,
                    work: {
                        try await api.test.database.system { transaction in
                            for claim in try await transaction.claimInquiries(limit: 10) {
                                let extensionID = ExtensionID(rawValue: Int64(subject.0))
                                let inquiry = try claim.inquiry
                                #expect(
                                    inquiry
                                        == .plan([
                                            PlanPreview.Subject(extensionID: extensionID, isMapped: subject.1)
                                        ])
                                )
                                try await transaction.answer(
                                    claim,
                                    with: PlanPreview(entries: [], availableRequests: nil)
                                )
                            }
                        }
                    },
                    request: {
                        try await api.operate(method, path + "?dry_run=true", json: body, headers: [.prefer: "wait=30"])
                    }
                )
                #expect(asked.json["plan"] == [], "\(asked.text)")
            }
            #expect(try await api.operate(.get, Self.path).headers[.eTag] == #""v2""#)
            #expect(try await api.operate(.get, "/admin/v1/tenants/807/users").data.count == 2)
        }
    }

    @Test("If-Match is honoured but not required")
    func conditions() async throws {
        try await Self.with { api in
            for (method, body) in [(HTTPRequest.Method.put, ["user_id": "u2"] as JSONValue?), (.delete, nil)] {
                let stale = try await api.edit(method, "/101", body, headers: [.ifMatch: #""v1""#])
                #expect(stale.status == .preconditionFailed)
            }
            let fresh = try await api.edit(.put, "/101", ["user_id": "u2"], headers: [.ifMatch: #""v2""#])
            #expect(fresh.status == .ok)
        }
    }

    @Test("a user that goes: phones lose their mapping, an IVR stays monitored, the history and calls keep the id")
    func userGoes() async throws {
        try await Self.with { api in
            _ = try await api.edit(.put, "/200", ["user_id": "u1"])
            _ = try await api.edit(.put, "/102", ["user_id": "u2"])
            let scope = try await api.scope("807")
            try await api.write([.upsert(.sample("1"))], to: scope)
            let path = "/admin/v1/tenants/807/users/u1"
            let stale = try await api.operate(.delete, path, headers: [.ifMatch: #""v3""#])
            #expect(stale.status == .preconditionFailed)
            let answer = try await api.operate(.delete, path, headers: [.prefer: "wait=0", .ifMatch: #""v4""#])
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.headers[.eTag] == #""v5""#)
            #expect(answer.json["mappings"] == [Self.mapping(102, "u2"), Self.mapping(200, nil)])
            #expect(answer.json["reconcile"]?["extensions"]?.elements?.count == 3)
            let users = try await api.operate(.get, "/admin/v1/tenants/807/users")
            #expect(users.data.map { $0["user_id"]?.text } == ["u2"])
            #expect(try await api.operate(.delete, path).code == "not_found")
            #expect(try await api.edit(.put, "/101", ["user_id": "u1"]).code == "user_unknown")
            let connector = try await api.key("connector", of: "807")
            let calls = try await api.send(.get, "/v1/calls?user_id=u1", key: connector)
            #expect(calls.data.map { $0["user_id"]?.text } == ["u1"])
            #expect(try await api.rows(UsersOfHistory()) == ["u1", "u1"])
            let last = try await api.rows(AuditLines()).suffix(2)
            #expect(last.map(\.action).prefix(2) == ["user.delete", "key.create"])
            #expect(last.first?.content.contains("Анна") == true)
            // The id is free again.
            try await api.user("u1", of: "807")
            #expect(try await api.edit(.put, "/101", ["user_id": "u1"]).status == .ok)
        }
    }

    @Test("a queue that no listing had named yet was no longer monitored when its user went")
    func userOfUnknownGoes() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.user("u1", of: "807")
            let headers: HTTPFields = [.prefer: "wait=0"]
            let mapped = try await api.edit(.put, "/500", ["user_id": "u1"], headers: headers)
            #expect(mapped.status == .ok, "\(mapped.text)")
            let answer = try await api.operate(.delete, "/admin/v1/tenants/807/users/u1", headers: headers)
            #expect(answer.json["mappings"] == [Self.mapping(500, nil)])
        }
    }

    @Test("the database itself refuses that a mapping in force loses its user")
    func userInForce() async throws {
        try await Self.with { api in
            await #expect(throws: PostgresError.self) { try await api.sql("DELETE FROM users WHERE user_id = 'u1'") }
            try await api.sql("DELETE FROM users WHERE user_id = 'u2'")
        }
    }

    @Test("a suspended tenant's edits are 409")
    func suspended() async throws {
        try await Self.with { api in
            try await api.sql("UPDATE tenants SET status = 'suspended'")
            for (method, path) in [
                (HTTPRequest.Method.put, Self.path + "/101"), (.delete, Self.path + "/101"),
                (.delete, "/admin/v1/tenants/807/users/u1"),
            ] {
                let answer = try await api.operate(method, path, json: method == .put ? ["user_id": "u2"] : nil)
                #expect(answer.code == "tenant_suspended")
            }
        }
    }

    @Test("of two admins who edit what they read, one gets 412 and is told what to do, in both languages")
    func twoAdmins() async throws {
        try await Self.with { api in
            let admins = [try await api.key("admin", of: "807"), try await api.key("admin", of: "807")]
            let tag = try #require(try await api.send(.get, Self.path, key: admins[0]).headers[.eTag])
            #expect(try await api.send(.get, Self.path, key: admins[1]).headers[.eTag] == tag)
            var answers: [TestAPI.Answer] = []
            for (admin, (number, language)) in zip(admins, [(102, "ru"), (102, "ru")]) + [(admins[0], (200, "en"))] {
                answers.append(
                    try await api.send(
                        .put,
                        Self.path,
                        key: admin,
                        json: ["mappings": [["extension_id": .integer(Int64(number)), "user_id": "u1"]]],
                        headers: [.ifMatch: tag, .acceptLanguage: language, .prefer: "wait=0"]
                    )
                )
            }
            #expect(answers.map(\.status.code) == [200, 412, 412])
            #expect(answers[1].json["detail"]?.text?.contains("Прочитайте данные снова") == true)
            #expect(answers[2].json["detail"]?.text?.contains("Read the data again") == true)
            let now = try await api.send(.get, Self.path, key: admins[1])
            #expect(now.json["mappings"] == [Self.mapping(102, "u1")])
        }
    }

    @Test("of two operators who edit a tenant they read, one gets 412")
    func twoOperators() async throws {
        try await Self.with { api in
            let path = "/admin/v1/tenants/807"
            let tag = try #require(try await api.operate(.get, path).headers[.eTag])
            var body = TestAPI.tenantBody
            let first = try await api.operate(.put, path, json: body, headers: [.ifMatch: tag])
            #expect(first.status == .ok)
            #expect(first.headers[.eTag] != tag)
            body = body.adding("settings", ["direct_missed": true])
            for (language, text) in [("ru", "отправьте его с новым ETag"), ("en", "send it with the new ETag")] {
                let second = try await api.operate(
                    .put,
                    path,
                    json: body,
                    headers: [.ifMatch: tag, .acceptLanguage: language]
                )
                #expect(second.status == .preconditionFailed)
                #expect(second.json["detail"]?.text?.contains(text) == true)
            }
            #expect(try await api.operate(.get, path).json["settings"]?["direct_missed"] == false)
        }
    }

    static func mapping(_ extensionID: Int64, _ user: String?) -> JSONValue {
        ["extension_id": .integer(extensionID), "user_id": JSONValue(user)]
    }

    static func isRussian(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0x400...0x4FF).contains($0.value) }
    }

    /// A tenant with users `u1` and `u2` and the phone 101 mapped to `u1`: version 2.
    private static func with(_ body: @Sendable (TestAPI) async throws -> Void) async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            try await api.user("u2", of: "807")
            try await body(api)
        }
    }
}

extension TestAPI {
    /// Edits below the tenant's mappings, without waiting.
    fileprivate func edit(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ json: JSONValue? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.prefer] = "wait=0"
        return try await self.operate(method, "/admin/v1/tenants/807/mappings" + path, json: json, headers: headers)
    }
}

private struct UsersOfHistory: Statement {
    static let sql: StaticString = "SELECT user_id FROM mappings WHERE user_id = 'u1' AND valid_until IS NOT NULL"

    static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
}
