import FoundationEssentials
import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Idempotency-Key", .timeLimit(.minutes(5)))
struct IdempotencyTests {
    private static let keys = "/admin/v1/tenants/807/keys"
    private static let reconcile = "/admin/v1/tenants/807/reconcile"
    private static let body: JSONValue = ["role": "connector", "name": "crm"]

    @Test("a key is created once: the repetition has the same id, and no secret is kept anywhere")
    func keyCreation() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let first = try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k-1"])
            #expect(first.status == .created)
            #expect(first.headers[.idempotencyReplayed] == nil)
            let secret = try #require(first.json["key"]?.text)
            for process in ["this", "another"] {
                let again =
                    process == "this"
                    ? try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k-1"])
                    : try await api.restarted.send(
                        .post,
                        Self.keys,
                        key: TestAPI.operatorKey,
                        json: Self.body,
                        headers: [.idempotencyKey: #""k-1""#]
                    )
                #expect(again.status == .created)
                #expect(again.headers[.idempotencyReplayed] == "true")
                #expect(again.headers[.location] == first.headers[.location])
                #expect(again.headers[.contentType] == "application/json")
                #expect(again.json["id"] == first.json["id"])
                #expect(again.json["key"] == .null)
                #expect(again.json["created_at"] == first.json["created_at"])
            }
            #expect(try await api.operate(.get, Self.keys).data.count == 1)
            let rows = try await api.rows(KeptAnswers())
            #expect(rows.count == 1)
            #expect(rows.allSatisfy { !$0.everything.contains(secret) && !$0.everything.contains("rb_connector") })
            #expect(rows.first?.tenant == "807")
            #expect(try await api.rows(AuditLines()).count { $0.action == "key.create" } == 1)
        }
    }

    @Test("the same key with another body, query or path is refused, also for another tenant's path")
    func reused() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            let first = try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k"])
            #expect(first.status == .created)
            for (path, body) in [
                (Self.keys, ["role": "connector", "name": "other"] as JSONValue), (Self.keys + "?x=1", Self.body),
                ("/admin/v1/tenants/808/keys", Self.body), (Self.reconcile, Self.body),
            ] {
                let other = try await api.operate(.post, path, json: body, headers: [.idempotencyKey: "k"])
                #expect(other.status == .unprocessableContent, "\(path)")
                #expect(other.code == "idempotency_key_reused")
            }
            #expect(try await api.operate(.get, "/admin/v1/tenants/808/keys").data.isEmpty)
        }
    }

    @Test("each principal's keys are its own")
    func principals() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let admins = [try await api.key("admin", of: "807"), try await api.key("admin", of: "807")]
            for key in admins + [TestAPI.operatorKey] {
                let answer = try await api.send(
                    .post,
                    Self.reconcile,
                    key: key,
                    headers: [.idempotencyKey: "k", .prefer: "wait=0"]
                )
                #expect(answer.status == .ok)
                #expect(answer.headers[.idempotencyReplayed] == nil)
                #expect(answer.headers[.preferenceApplied] == "wait=0")
            }
            let again = try await api.send(.post, Self.reconcile, key: admins[0], headers: [.idempotencyKey: "k"])
            #expect(again.headers[.idempotencyReplayed] == "true")
            #expect(again.headers[.preferenceApplied] == "wait=0")
            #expect(try await api.rows(AuditLines()).count { $0.action == "reconcile.run" } == 3)
        }
    }

    @Test("a refusal is kept as it was said; errors are kept like other answers")
    func refusals() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let bad = try await api.operate(
                .post,
                Self.keys,
                json: ["role": "admin"],
                headers: [.idempotencyKey: "k", .acceptLanguage: "en", .requestID: "one"]
            )
            #expect(bad.status == .unprocessableContent)
            let again = try await api.operate(
                .post,
                Self.keys,
                json: ["role": "admin"],
                headers: [.idempotencyKey: "k", .acceptLanguage: "ru", .requestID: "two"]
            )
            #expect(again.status == .unprocessableContent)
            #expect(again.headers[.idempotencyReplayed] == "true")
            #expect(again.headers[.contentType] == "application/problem+json")
            #expect(again.headers[.requestID] == "two")
            #expect(again.text == bad.text)
        }
    }

    @Test("409 and 5xx are not kept: the request counts as never made")
    func notKept() async throws {
        try await TestAPI.with { api in
            _ = try await api.phone(of: "807")
            try await api.sql("UPDATE tenants SET status = 'suspended'")
            let headers: HTTPFields = [.idempotencyKey: "k", .prefer: "wait=0"]
            let suspended = try await api.operate(.post, Self.reconcile, headers: headers)
            #expect(suspended.status == .conflict)
            try await api.sql("UPDATE tenants SET status = 'active'")
            let made = try await api.operate(.post, Self.reconcile, headers: headers)
            #expect(made.status == .ok)
            #expect(made.headers[.idempotencyReplayed] == nil)
            let check = "/admin/v1/tenants/807/check"
            for _ in 0..<2 {
                let late = try await api.operate(
                    .post,
                    check,
                    headers: [.idempotencyKey: "c", .prefer: "wait=0"]
                )
                #expect(late.status == .gatewayTimeout)
                #expect(late.headers[.idempotencyReplayed] == nil)
            }
            #expect(try await api.rows(KeptAnswers()).count == 1)
        }
    }

    @Test("while the first is being made, also by another process, its equal gets 409; then the same answer")
    func inProgress() async throws {
        var options = TestAPI.Options()
        // Short, so that the claim lives by being prolonged.
        options.configure = { $0.idempotencyLease = .seconds(1) }
        try await TestAPI.with(options) { api in
            _ = try await api.phone(of: "807")
            let headers: HTTPFields = [.idempotencyKey: "k", .prefer: "wait=60"]
            try await withThrowingTaskGroup(of: TestAPI.Answer.self) { group in
                group.addTask { try await api.operate(.post, Self.reconcile, headers: headers) }
                // Until it was prolonged: the process is alive, whatever the lease was.
                while try await api.rows(KeptAnswers()).first?.hasBeenProlonged != true {
                    await Task.yield()
                }
                for other in [
                    try await api.operate(.post, Self.reconcile, headers: headers),
                    try await api.restarted.send(
                        .post,
                        Self.reconcile,
                        key: TestAPI.operatorKey,
                        headers: headers
                    ),
                ] {
                    #expect(other.status == .conflict)
                    #expect(other.code == "request_in_progress")
                    #expect(other.headers[.retryAfter] == "1")
                }
                try await api.reconcile()
                let first = try #require(try await group.next())
                #expect(first.json["status"]?.text == "converged", "\(first.text)")
                let again = try await api.operate(.post, Self.reconcile, headers: headers)
                #expect(again.headers[.idempotencyReplayed] == "true")
                #expect(again.text == first.text)
            }
            #expect(try await api.rows(AuditLines()).count { $0.action == "reconcile.run" } == 1)
        }
    }

    @Test("of many equal requests at once, one is made")
    func atOnce() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let answers = try await withThrowingTaskGroup(of: TestAPI.Answer.self) { group in
                for index in 0..<8 {
                    group.addTask {
                        try await index.isMultiple(of: 2)
                            ? api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k"])
                            : api.restarted.send(
                                .post,
                                Self.keys,
                                key: TestAPI.operatorKey,
                                json: Self.body,
                                headers: [.idempotencyKey: "k"]
                            )
                    }
                }
                return try await group.reduce(into: [TestAPI.Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.json["key"]?.text != nil } == 1)
            #expect(answers.allSatisfy { $0.status == .created || $0.status == .conflict })
            #expect(try await api.operate(.get, Self.keys).data.count == 1)
        }
    }

    @Test("a process that dies before the answer locks the key for less than a minute; a day after, the key is free")
    func crash() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            func begin(_ tenant: String) async throws -> IdempotencyStore.Beginning {
                try await api.test.database.system { transaction in
                    try await transaction.idempotency.begin(
                        IdempotentRequest(
                            tenantID: TenantID(rawValue: tenant),
                            principal: Principal.bootstrapOperator.actor,
                            key: "k",
                            method: "POST",
                            target: Self.keys,
                            body: Self.body.bytes
                        ),
                        claimID: UUID(),
                        lease: WebAPIConfiguration(publicURL: "http://x").idempotencyLease
                    )
                }
            }
            // A process that begins it, and is heard of no more.
            guard case .first(let claim) = try await begin("807") else {
                Issue.record("it is the first")
                return
            }
            func create() async throws -> TestAPI.Answer {
                try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k"])
            }
            #expect(try await create().code == "request_in_progress")
            #expect(try await api.rows(KeptAnswers()).first?.endsWithinAMinute == true)
            try await api.sql("UPDATE idempotent_requests SET claimed_until = claimed_until - interval '1 minute'")
            let made = try await create()
            #expect(made.status == .created)
            #expect(made.headers[.idempotencyReplayed] == nil)
            // Should it live after all, its answer counts no more, and what it does with the answer is undone.
            let answer = IdempotentAnswer(status: 200, headers: Array("{}".utf8), body: [])
            let isKept = try await api.test.database.system { try await $0.idempotency.keep(answer, of: claim) }
            #expect(!isKept)
            try await api.test.database.system { try await $0.idempotency.release(claim) }
            #expect(try await create().headers[.idempotencyReplayed] == "true")

            try await api.sql("UPDATE idempotent_requests SET began_at = began_at - interval '25 hours'")
            #expect(try await create().headers[.idempotencyReplayed] == nil)
            #expect(try await api.operate(.get, Self.keys).data.count == 2)
            try await api.sql("UPDATE idempotent_requests SET began_at = began_at - interval '25 hours'")
            #expect(try await api.test.database.system { try await $0.idempotency.dropOld() } == 1)
        }
    }

    @Test("a creation whose claim was lost on the way makes no key")
    func lostClaim() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            // What another process does between the claim and the key.
            try await api.sql(
                """
                CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN DELETE FROM idempotent_requests; RETURN NEW; END $$;
                CREATE TRIGGER lose BEFORE INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION lose();
                """
            )
            let lost = try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k"])
            #expect(lost.status == .conflict)
            #expect(lost.code == "request_in_progress")
            #expect(try await api.operate(.get, Self.keys).data.isEmpty)
        }
    }

    @Test("what was answered about a tenant goes with it, whoever asked")
    func removal() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let made = try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "k"])
            #expect(made.status == .created)
            #expect(try await api.operate(.delete, "/admin/v1/tenants/807?force=true").status == .ok)
            #expect(try await api.rows(KeptAnswers()).isEmpty)
        }
    }

    @Test("only a POST has an idempotency key; a malformed one is refused, but not before the API key is known")
    func malformed() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let put = try await api.operate(
                .put,
                "/admin/v1/tenants/807/users/u1",
                json: ["name": "x"],
                headers: [.idempotencyKey: "a b"]
            )
            #expect(put.status == .created)
            let bad = try await api.operate(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "a b"])
            #expect(bad.status == .badRequest)
            #expect(bad.json["detail"]?.text?.contains("Idempotency-Key") == true)
            var twice: HTTPFields = [.idempotencyKey: "a"]
            twice.append(HTTPField(name: .idempotencyKey, value: "b"))
            #expect(try await api.operate(.post, Self.keys, json: Self.body, headers: twice).status == .badRequest)
            let unknown = try await api.send(.post, Self.keys, json: Self.body, headers: [.idempotencyKey: "a b"])
            #expect(unknown.status == .unauthorized)
            #expect(try await api.rows(KeptAnswers()).isEmpty)
        }
    }

    @Test(
        "a key is visible ASCII, or a string of RFC 8941",
        arguments: [
            ("abc", "abc"), ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
            (#""abc""#, "abc"), (#""a b""#, "a b"), (#""a\"b\\""#, #"a"b\"#), (#"a"b"#, #"a"b"#), ("", nil),
            ("a b", nil),
            (#""""#, nil), (#""abc"#, nil), (#""a"b"#, nil), (#""a\b""#, nil), (#""a";p=1"#, nil), ("ключ", nil),
            (String(repeating: "a", count: 255), String(repeating: "a", count: 255)),
            (String(repeating: "a", count: 256), nil),
        ] as [(String, String?)]
    )
    func form(header: String, key: String?) {
        #expect(IdempotencyKey.read(header) == key)
    }
}

private struct KeptAnswers: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, concat_ws(' ', idempotency_key, headers::text, encode(body, 'escape')),
          claimed_until > began_at + interval '1.2 seconds', claimed_until <= now() + interval '1 minute'
        FROM idempotent_requests
        """

    struct Output: Sendable {
        var tenant: String
        var everything: String
        var hasBeenProlonged: Bool
        var endsWithinAMinute: Bool
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            tenant: try row.next(),
            everything: try row.next(),
            hasBeenProlonged: try row.next(),
            endsWithinAMinute: try row.next()
        )
    }
}
