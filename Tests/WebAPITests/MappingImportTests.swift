import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Import of mappings", .timeLimit(.minutes(5)))
struct MappingImportTests {
    private static let path = "/admin/v1/tenants/807/mappings"
    private static let file = """
        extension;user_id;user_name;user_email
        2566*101;u1;Анна;anna@example.com
        102;u2;Борис;
        200;;;

        """

    @Test("users and mappings of a file are written together; the second time nothing changes")
    func repeatable() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let first = try await MappingRoutesTests.during(
                api,
                Channel.reconcile,
                work: { try await api.reconcile() },
                request: { try await Self.send(Self.file, to: api, headers: [.prefer: "wait=30"]) }
            )
            #expect(first.status == .ok, "\(first.text)")
            #expect(
                first.json["mappings"] == [
                    ["extension_id": 101, "user_id": "u1"], ["extension_id": 102, "user_id": "u2"],
                    ["extension_id": 200, "user_id": .null],
                ]
            )
            #expect(first.json["reconcile"]?["status"]?.text == "converged")
            #expect(first.json["users"] == ["created": 2, "updated": 0])
            #expect(first.headers[.eTag] == #""v2""#)
            #expect(first.headers[.preferenceApplied] == "wait=30")
            let users = try await api.operate(.get, "/admin/v1/tenants/807/users")
            #expect(
                users.data == [
                    ["user_id": "u1", "name": "Анна", "email": "anna@example.com"],
                    ["user_id": "u2", "name": "Борис", "email": .null],
                ]
            )

            let before = try await api.rows(CountRows())
            let second = try await Self.send(Self.file, to: api)
            #expect(second.status == .ok)
            #expect(second.headers[.eTag] == #""v2""#)
            #expect(second.json["mappings"] == first.json["mappings"])
            #expect(second.json["reconcile"]?["status"]?.text == "converged")
            #expect(second.json["users"] == ["created": 0, "updated": 0])
            // No mapping, no token, no to-do for the PBX, no line in the audit log.
            #expect(try await api.rows(CountRows()) == before)
            #expect(before.first?.audit == 1)
            #expect(before.first?.todos == 0)
        }
    }

    @Test("rows change what they name and leave the rest, unless they are the whole set")
    func addAndReplace() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            _ = try await Self.send(Self.file, to: api)
            let changed = try await Self.send("user_id,extension,user_name\nu3,102,Вера\nu1,101,Аня", to: api)
            #expect(
                changed.json["mappings"] == [
                    ["extension_id": 101, "user_id": "u1"], ["extension_id": 102, "user_id": "u3"],
                    ["extension_id": 200, "user_id": .null],
                ]
            )
            #expect(changed.json["users"] == ["created": 1, "updated": 1])
            let users = try await api.operate(.get, "/admin/v1/tenants/807/users")
            // A file that says nothing of emails takes none away.
            #expect(users.data.first == ["user_id": "u1", "name": "Аня", "email": "anna@example.com"])
            let audit = try #require(try await api.rows(LastAudit()).first)
            #expect(audit.action == "mappings.import")
            let noted = try JSONParser.parse(Array(audit.after.utf8))
            #expect(noted["mappings"]?.elements?.map { $0["extension_id"]?.integer } == [102])
            #expect(noted["users"]?.elements?.compactMap { $0["name"]?.text }.sorted() == ["Аня", "Вера"])

            let whole = try await Self.send("extension,user_id\n85\n", query: "?replace=true", to: api)
            #expect(whole.code == "extension_unknown")
            // A file that was cut off after its header unmaps nothing.
            let empty = try await Self.send("extension,user_id\n", query: "?replace=true", to: api)
            #expect(empty.status == .unprocessableContent)
            #expect(empty.pointers == ["/lines/2"])
            let replaced = try await Self.send("extension,user_id\n101,u3\n", query: "?replace=true", to: api)
            #expect(replaced.json["mappings"] == [["extension_id": 101, "user_id": "u3"]])
            #expect(replaced.json["users"] == ["created": 0, "updated": 0])
        }
    }

    @Test("a mapping whose extension has left the PBX is not in the way of others")
    func goneExtension() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            _ = try await Self.send(Self.file, to: api)
            try await api.sql("UPDATE extensions SET gone_at = now() WHERE extension_id = 102")
            let answer = try await Self.send("extension,user_id\n101,u2\n", to: api)
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(answer.json["mappings"]?.elements?.count == 3)
        }
    }

    @Test("every wrong row is told at once, by its line in the file, and nothing is written")
    func allErrors() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let file = """
                extension,user_id,user_name,user_email,
                101,u1,Анна,anna@example.com
                2566*999,u1

                300,u1
                102,nobody
                102,,
                200,,Борис,
                200,u9,,vera@example.com
                ,u1
                2566*102,u1,"A
                nna",x@
                101@pbx.example,u1,Аня,,stray
                """
            let before = try await api.rows(CountRows())
            let en = try await Self.send(file, to: api, headers: [.acceptLanguage: "en"])
            #expect(en.status == .unprocessableContent)
            #expect(en.code == "validation_failed")
            let expected = [
                "/lines/3/extension extension_unknown", "/lines/5/extension extension_type_unsupported",
                "/lines/6/user_id user_unknown", "/lines/7/extension duplicate_extension",
                "/lines/7/user_id user_required", "/lines/8/user_id required", "/lines/9/user_name required",
                "/lines/9/extension duplicate_extension", "/lines/9/user_id user_unknown",
                "/lines/10/extension required",
                "/lines/11/user_name invalid_value", "/lines/11/user_email invalid_value",
                "/lines/11/extension duplicate_extension", "/lines/13/5 unknown_member",
                "/lines/13/user_name invalid_value", "/lines/13/extension duplicate_extension",
            ]
            #expect(zip(en.pointers, en.codes).map { "\($0) \($1)" } == expected)
            #expect(en.details.contains { $0.hasPrefix("The tenant has no such user. ") })
            #expect(en.details.contains("Line 2 gives this user another name or email."))
            let ru = try await Self.send(file, to: api)
            #expect(ru.pointers == en.pointers)
            #expect(ru.details.contains { $0.hasPrefix("Такого пользователя у клиента нет. ") })
            #expect(ru.details.contains("В строке 2 у этого пользователя другие имя или адрес."))
            // A dry run is refused alike.
            #expect(try await Self.send(file, query: "?dry_run=true", to: api).pointers == en.pointers)
            #expect(try await api.rows(CountRows()) == before)
        }
    }

    @Test(
        "a header that leaves the meaning open is refused",
        arguments: [
            ("", ["/lines/1"]),
            ("number;user\n101;u1", ["/lines/1/number", "/lines/1/user", "/lines/1/extension", "/lines/1/user_id"]),
            ("\nextension,Extension,user_id", ["/lines/2/Extension"]), ("extension", ["/lines/1/user_id"]),
            ("extension,user_id,a/b~c", ["/lines/1/a~1b~0c"]), ("extension,user_id\n101,\"u1", ["/lines/2"]),
        ] as [(String, [String])]
    )
    func headers(file: String, pointers: [String]) async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let answer = try await Self.send(file, to: api)
            #expect(answer.status == .unprocessableContent)
            #expect(answer.pointers == pointers)
        }
    }

    @Test(
        "a name that two extensions go by is refused, their ids and full names are not; before a listing only ids are known"
    )
    func names() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            try await api.sql(
                "UPDATE extensions SET name = '2567*101' WHERE extension_id = 102; UPDATE extensions SET name = '101*7' WHERE extension_id = 200"
            )
            let short = try await Self.send("extension,user_id\n101,\n", to: api)
            #expect(short.pointers == ["/lines/2/extension"])
            #expect(short.codes == ["invalid_value"])
            let full = try await Self.send("extension,user_id\n2566*101,u1\n2567*101,u1\n7,\n", to: api)
            #expect(full.status == .unprocessableContent)
            #expect(full.code == "user_unknown")
            try await api.user("u1", of: "807")
            #expect(try await Self.send("extension,user_id\n2566*101,u1\n2567*101,u1\n7,\n", to: api).status == .ok)

            try await api.tenant("808")
            try await api.readDirectories(error: "pbx_unreachable")
            let unread = try await Self.send("extension,user_id\n2566*101,\n0102,\n85219,\n", tenant: "808", to: api)
            #expect(unread.pointers == ["/lines/2/extension", "/lines/3/extension"])
            #expect(unread.code == "extension_unknown")
            let ids = try await Self.send("extension,user_id\n85219,\n", tenant: "808", to: api)
            #expect(ids.json["mappings"] == [["extension_id": 85_219, "user_id": .null]])
            #expect(ids.json["reconcile"]?["status"]?.text == "pending")
        }
    }

    @Test("keys that only Unicode holds for equal are two users, as in the database")
    func spellings() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let (one, other) = ("Ren\u{E9}", "Rene\u{301}")
            let unknown = try await Self.send("extension,user_id,user_name\n101,\(one),R\n102,\(other),\n", to: api)
            #expect(unknown.pointers == ["/lines/3/user_id"])
            #expect(unknown.code == "user_unknown")
            let both = try await Self.send("extension,user_id,user_name\n101,\(one),R\n102,\(other),R\n", to: api)
            #expect(both.json["users"] == ["created": 2, "updated": 0])
            let mapped = try await api.operate(
                .put,
                Self.path,
                json: [
                    "mappings": [
                        ["extension_id": 101, "user_id": .string(one)],
                        ["extension_id": 102, "user_id": .string(other)],
                    ]
                ],
                headers: [.ifMatch: #""v2""#, .prefer: "wait=0"]
            )
            #expect(mapped.headers[.eTag] == #""v2""#, "\(mapped.text)")
        }
    }

    @Test("a dry run changes nothing, and says what the import then does")
    func dryRun() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            _ = try await Self.send("extension,user_id,user_name\n101,u1,Anna\n", to: api)
            try await api.reconcile()
            let before = try await api.rows(CountRows())
            let answer = try await MappingRoutesTests.during(
                api,
                Channel.inquiries,
                work: { try await Self.answerInquiries(api) },
                request: {
                    try await Self.send(Self.file, query: "?dry_run=true", to: api, headers: [.prefer: "wait=30"])
                }
            )
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(try await api.rows(CountRows()) == before)
            #expect(answer.json["requests"] == ["needed": 0, "available": 730])
            let planned = answer.json["plan"]?.elements?.compactMap { $0["extension_id"]?.integer }
            let done = try await Self.send(Self.file, to: api)
            #expect(done.json["users"] == answer.json["users"])
            #expect(answer.json["users"] == ["created": 1, "updated": 1])
            let pending = done.json["reconcile"]?["extensions"]?.elements?
                .filter { $0["state"]?.text == "pending" }.compactMap { $0["extension_id"]?.integer }
            #expect(pending == planned)
            #expect(planned == [102, 200])
        }
    }

    @Test("If-Match is honoured where it is sent, and a suspended tenant is left alone")
    func conditions() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            for query in ["", "?dry_run=true"] {
                let stale = try await Self.send(Self.file, query: query, to: api, headers: [.ifMatch: #""v7""#])
                #expect(stale.status == .preconditionFailed)
            }
            let fresh = try await Self.send(Self.file, to: api, headers: [.ifMatch: #""v1""#, .prefer: "wait=0"])
            #expect(fresh.headers[.eTag] == #""v2""#)
            try await api.sql("UPDATE tenants SET status = 'suspended'")
            let suspended = try await Self.send(Self.file, to: api)
            #expect(suspended.code == "tenant_suspended")
        }
    }

    @Test("other content, too many lines and unknown parameters are refused")
    func requests() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let json = try await Self.send("{}", to: api, headers: [.contentType: "application/json"])
            #expect(json.status == .unsupportedMediaType)
            #expect(json.json["detail"]?.text?.contains("text/csv") == true)
            let long = try await Self.send(String(repeating: "extension,user_id\n", count: 20_001), to: api)
            #expect(long.status == .contentTooLarge)
            #expect(long.json["detail"]?.text?.contains("20000") == true)
            let large = try await Self.send(String(repeating: "x", count: 4 << 20 + 1), to: api)
            #expect(large.status == .contentTooLarge)
            #expect(try await Self.send(Self.file, query: "?dry=true", to: api).code == "unknown_parameter")
            let marked = try await Self.send(
                Self.file,
                to: api,
                headers: [.contentType: "text/csv; charset=windows-1251", .prefer: "wait=0"]
            )
            #expect(marked.status == .ok)
        }
    }

    @Test("imports at the same time follow one another: one changes, the others find it done")
    func concurrent() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let answers = try await withThrowingTaskGroup(of: TestAPI.Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Self.send(Self.file, to: api) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status) == Array(repeating: .ok, count: 8))
            #expect(Set(answers.map { $0.headers[.eTag] }) == [#""v2""#])
            #expect(answers.compactMap { $0.json["users"]?["created"]?.integer }.reduce(0, +) == 2)
            #expect(try await api.rows(CountRows()).first?.audit == 1)
        }
    }

    private static func prepare(_ api: TestAPI) async throws {
        try await api.tenant("807")
        try await api.readDirectories()
        try await api.sql("DELETE FROM audit_log")
    }

    /// Sends a file, as its admin does, without waiting for the PBX.
    private static func send(
        _ file: String,
        query: String = "",
        tenant: String = "807",
        to api: TestAPI,
        headers: HTTPFields = [.prefer: "wait=0"]
    ) async throws -> TestAPI.Answer {
        var headers = headers
        headers[.contentType] = headers[.contentType] ?? "text/csv"
        return try await api.send(
            .post,
            "/admin/v1/tenants/\(tenant)/mappings/import\(query)",
            key: TestAPI.operatorKey,
            body: file,
            headers: headers
        )
    }

    /// Plays the worker: an empty plan for each extension that is asked about.
    private static func answerInquiries(_ api: TestAPI) async throws {
        try await api.test.database.system { transaction in
            for claim in try await transaction.claimInquiries(limit: 10) {
                guard case .plan(let subjects) = try claim.inquiry else { continue }
                let entries = subjects.map { PlanPreview.Entry(extensionID: $0.extensionID, name: nil, type: nil) }
                try await transaction.answer(claim, with: PlanPreview(entries: entries, availableRequests: 730))
            }
        }
    }
}

extension TestAPI.Answer {
    /// The details of a problem's failures.
    fileprivate var details: [String] { self.json["errors"]?.elements?.compactMap { $0["detail"]?.text } ?? [] }
}

/// Rows that a write would leave.
private struct CountRows: Statement {
    static let sql: StaticString = """
        SELECT (SELECT count(*) FROM mappings) + (SELECT count(*) FROM event_tokens) + (SELECT count(*) FROM users)
            + (SELECT sum(version) FROM mapping_sets)::int8,
          (SELECT count(*) FROM reconcile_todos), (SELECT count(*) FROM audit_log)
        """

    struct Output: Hashable, Sendable {
        var written: Int64
        var todos: Int64
        var audit: Int64
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(written: try row.next(), todos: try row.next(), audit: try row.next())
    }
}

private struct LastAudit: Statement {
    static let sql: StaticString = "SELECT action, after::text FROM audit_log ORDER BY at DESC LIMIT 1"

    struct Output: Sendable {
        var action: String
        var after: String
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(action: try row.next(), after: try row.next())
    }
}
