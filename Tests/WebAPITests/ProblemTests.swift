import HTTPTypes
import Hummingbird
import InMemoryLogging
import Logging
import Storage
import Telephony
import Testing

@testable import WebAPI

@Suite("Problems and middlewares", .timeLimit(.minutes(5)))
struct ProblemTests {
    @Test("every error is a problem with the same members, in the reader's language")
    func problem() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.get, "/nothing", headers: [.requestID: "my-id_1.2"])
            #expect(answer.status == .notFound)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(answer.headers[.requestID] == "my-id_1.2")
            #expect(answer.headers[.referrerPolicy] == "no-referrer")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.cacheControl] == "no-store")
            let entry = ProblemCode.notFound.entry
            let expected: JSONValue = [
                "type": "https://crm.example.com/problems/not_found", "title": .string(entry.title.en), "status": 404,
                "detail": .string(entry.advice.en), "code": "not_found", "errors": [], "request_id": "my-id_1.2",
            ]
            #expect(answer.json == expected)
            let ru = try await api.send(.get, "/nothing", headers: [.acceptLanguage: "ru-RU,ru;q=0.9,en;q=0.8"])
            #expect(ru.json["title"]?.text == entry.title.ru)
            #expect(ru.headers[.contentLanguage] == "ru")
            // The tenant's locale speaks when the header does not.
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let tenant = try await api.send(.get, "/v1/calls?limit=0", key: key)
            #expect(tenant.json["title"]?.text == ProblemCode.invalidParameter.entry.title.ru)
        }
    }

    @Test("a problem whose data cannot be read was shown without its numbers: it is an error, and no half truth")
    func unreadableData() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
            try await api.sql(
                "INSERT INTO problems (tenant_id, code, extension_id, data) VALUES ('807', 'pbx_unreachable', 0, '{}')"
            )
            let path = "/admin/v1/tenants/807/problems"
            #expect(try await api.operate(.get, path).data.count == 1)
            try await api.sql(#"UPDATE problems SET data = '{"message": \#(deep)}'"#)
            let answer = try await api.operate(.get, path)
            #expect(answer.status == .internalServerError)
            #expect(answer.code == "internal_error")
        }
    }

    @Test("an unusable request id is replaced", arguments: ["a b", "", String(repeating: "a", count: 65), "ключ"])
    func requestID(id: String) async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.get, "/healthz", headers: [.requestID: id])
            #expect(answer.status == .ok)
            #expect(answer.headers[.requestID] != id)
            #expect(answer.headers[.requestID]?.utf8.count == 32)
        }
    }

    @Test("an unknown method of a known path is 405 with Allow, also without a key")
    func methods() async throws {
        try await TestAPI.with { api in
            let cases = [
                ("/healthz", HTTPRequest.Method.post, "GET, HEAD"), ("/v1/calls", .delete, "GET"),
                ("/v1/calls/changes", .post, "GET"), ("/admin/v1/tenants/807", .patch, "DELETE, GET, PUT"),
                ("/admin/v1/tenants/807/mappings", .post, "GET, PUT"),
                ("/admin/v1/tenants/807/keys/x", .get, "DELETE"),
            ]
            for (path, method, allow) in cases {
                let answer = try await api.send(method, path)
                #expect(answer.status == .methodNotAllowed, "\(path)")
                #expect(answer.headers[.allow] == allow, "\(path)")
            }
            #expect(try await api.send(.get, "/v1").status == .notFound)
            let head = try await api.send(.head, "/healthz")
            #expect(head.status == .ok)
            #expect(head.text.isEmpty)
        }
    }

    @Test(
        "every code has a page in both languages",
        arguments: ProblemCode.allCases.map(\.rawValue) + Problem.Code.allCases.map(\.rawValue)
    )
    func pages(code: String) throws {
        let entry = try #require(ProblemEntry.entry(of: code))
        for text in [entry.title, entry.meaning, entry.remedy] {
            #expect(text.ru.unicodeScalars.contains { (0x400...0x4FF).contains($0.value) })
            #expect(!text.en.unicodeScalars.contains { (0x400...0x4FF).contains($0.value) })
        }
    }

    @Test("mapping refusals are codes of problems", arguments: MappingRefusal.allCases)
    func refusals(refusal: MappingRefusal) {
        #expect(ProblemCode(rawValue: refusal.rawValue)?.status == .unprocessableContent)
    }

    @Test("a problem's type leads to its page")
    func page() async throws {
        try await TestAPI.with { api in
            let page = try await api.send(.get, "/problems/event_limit_reached")
            #expect(page.status == .ok)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("Что делать"))
            #expect(page.text.contains("What to do"))
            #expect(try await api.send(.get, "/problems/nothing").status == .notFound)
            #expect(try await api.send(.get, "/problems/%3Cscript%3E").status == .notFound)
        }
    }

    @Test("readiness is told with each check")
    func ready() async throws {
        let bad = ReadinessCheck(name: "database", ok: false, detail: "unreachable")
        let good = ReadinessCheck(name: "schema", ok: true, detail: "version 5")
        try await TestAPI.with(TestAPI.Options(readiness: [good])) { api in
            let answer = try await api.send(.get, "/readyz")
            #expect(answer.status == .ok)
            let metrics = try await api.operate(.get, "/metrics")
            #expect(metrics.headers[.contentType]?.contains("version=0.0.4") == true)
        }
        try await TestAPI.with(TestAPI.Options(readiness: [good, bad])) { api in
            let answer = try await api.send(.get, "/readyz")
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.json["status"]?.text == "not_ready")
            #expect(answer.json["checks"]?.elements?.map { $0["ok"] } == [true, false])
            #expect(try await api.send(.get, "/healthz").json == ["status": "ok"])
        }
    }

    @Test("neither a token nor a key is in the log at its most talkative")
    func secrets() async throws {
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in
            var handler = handler
            handler.logLevel = .trace
            return handler
        }
        try await TestAPI.with(TestAPI.Options(logger: logger)) { api in
            let token = try await api.phone(of: "807")
            let key = try await api.key("connector", of: "807")
            _ = try await api.send(.post, "/ext-event/\(token)?CallID=c1&CallerIDNum=79161112233", body: "a=b")
            _ = try await api.send(.delete, "/ext-event/\(token)")
            _ = try await api.send(.post, "/ext-event/\(token)/deeper")
            _ = try await api.send(.post, "/ext-event/\(token)", body: String(repeating: "x", count: 70_000))
            _ = try await api.send(.get, "/v1/calls?number=79161112233", key: key)
            _ = try await api.send(.get, "/v1/calls", key: key + "x")
            let lines = handler.entries.map { "\($0.message) \($0.metadata)" }
            #expect(lines.contains { $0.contains("/ext-event/{token}") })
            #expect(lines.contains { $0.contains("/v1/calls") })
            for secret in [token, key, TestAPI.operatorKey, "secret-of-the-client", "79161112233", "CallID"] {
                #expect(!lines.contains { $0.contains(secret) })
            }
        }
    }
}
