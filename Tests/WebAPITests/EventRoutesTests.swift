import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Storage
import Testing

@testable import WebAPI

@Suite("Event URLs", .timeLimit(.minutes(5)))
struct EventRoutesTests {
    private static let form = "EventType=dial-in&CallID=C1&SubCallID=101-a&CallerIDNum=%2B79161112233"

    @Test("an event is in the table, and its CallID due, when 200 comes back")
    func durable() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let answer = try await api.send(.post, "/ext-event/\(token)", body: Self.form)
            #expect(answer.status == .ok)
            #expect(answer.text == "{}")
            #expect(answer.headers[.contentType] == "application/json")
            let rows = try await api.rows(StoredEvents())
            #expect(rows.count == 1)
            #expect(rows.first?.tenant == "807")
            #expect(rows.first?.extensionID == 101)
            #expect(rows.first?.callID == "c1")
            #expect(rows.first?.fields?.contains("+79161112233") == true)
            #expect(try await api.rows(DueCallIDs()) == ["c1"])
        }
    }

    @Test(
        "S35, S36: query and body are merged whatever the method and the content type",
        arguments: [
            (HTTPRequest.Method.get, "?EventType=hangup&CallID=C2", "", "application/json"),
            (.post, "?EventType=hangup&CallID=C1", "CallID=C2", "text/plain"),
            (.post, "", "EventType=hangup&CallID=C2", "application/x-www-form-urlencoded"),
            (.get, "", "EventType=hangup&CallID=C2", "multipart/form-data"),
        ]
    )
    func merged(method: HTTPRequest.Method, query: String, body: String, type: String) async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let answer = try await api.send(
                method,
                "/ext-event/\(token)\(query)",
                body: body,
                headers: [.contentType: type]
            )
            #expect(answer.status == .ok)
            #expect(try await api.rows(StoredEvents()).map(\.callID) == ["c2"])
        }
    }

    @Test(
        "what cannot be understood is kept with its bytes and answered 200",
        arguments: [("EventType=hangup", "no_call_id"), ("CallID=a%00b", "undecodable"), ("", "no_call_id")]
    )
    func quarantined(body: String, reason: String) async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            #expect(try await api.send(.post, "/ext-event/\(token)", body: body).status == .ok)
            let rows = try await api.rows(StoredEvents())
            #expect(rows.map(\.quarantine) == [reason])
            #expect(rows.first?.raw == Array(body.utf8))
            #expect(try await api.rows(DueCallIDs()).isEmpty)
        }
    }

    @Test("A18: an event that the database refuses is kept raw and takes no other with it")
    func poisoned() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            try await api.sql("ALTER TABLE events ADD CONSTRAINT poison CHECK (call_id IS DISTINCT FROM 'poison')")
            try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let callID = number == 17 ? "poison" : "good\(number)"
                        return try await api.send(.post, "/ext-event/\(token)", body: "CallID=\(callID)").status
                    }
                }
                for try await status in group {
                    #expect(status == .ok)
                }
            }
            let rows = try await api.rows(StoredEvents())
            #expect(rows.count == 40)
            #expect(rows.compactMap(\.callID).count == 39)
            let refused = rows.filter { $0.quarantine == "refused_by_database" }
            #expect(refused.count == 1)
            #expect(refused.first?.raw.map { String(decoding: $0, as: UTF8.self) } == #"{"CallID":"poison"}"#)
        }
    }

    @Test("S51: unknown tokens, malformed ones and deeper paths get the same answer, and nothing is stored")
    func unknown() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let unknown = [
                String(repeating: "z", count: 32), "x", "%00", "a/b", "\(token)/b", token.uppercased() + "A", "..",
                "\(token)x",
            ]
            var answers: Set<String> = []
            for path in unknown {
                let answer = try await api.send(
                    .post,
                    "/ext-event/\(path)",
                    body: Self.form,
                    headers: [.requestID: "same"]
                )
                #expect(answer.status == .notFound, "\(path)")
                answers.insert(answer.text)
            }
            #expect(answers.count == 1)
            #expect(try await api.rows(StoredEvents()).isEmpty)
        }
    }

    @Test("a token works at once after the mapping, and still after the extension is unmapped")
    func tokenLife() async throws {
        try await TestAPI.with { api in
            let first = try await api.phone(of: "807")
            #expect(try await api.send(.post, "/ext-event/\(first)", body: Self.form).status == .ok)
            #expect(try await api.map("807", [["extension_id": 102, "user_id": "u1"]]).status == .ok)
            let second = try await api.token(of: "807", extensionID: 102)
            #expect(try await api.send(.post, "/ext-event/\(second)", body: Self.form).status == .ok)
            #expect(try await api.send(.post, "/ext-event/\(first)", body: Self.form).status == .ok)
            #expect(try await api.rows(StoredEvents()).map(\.extensionID) == [101, 102, 101])
        }
    }

    @Test("one source that asks for unknown tokens too often gets 429; known tokens never do")
    func limited() async throws {
        let options = TestAPI.Options(configure: {
            $0.unknownTokenBurst = 3
            $0.unknownTokensPerSecond = 0.001
        })
        try await TestAPI.with(options) { api in
            let token = try await api.phone(of: "807")
            var statuses: [Int] = []
            for _ in 0..<5 {
                statuses.append(try await api.send(.post, "/ext-event/nothing", body: "").status.code)
            }
            #expect(statuses == [404, 404, 404, 429, 429])
            let answer = try await api.send(.get, "/ext-event/nothing")
            #expect(answer.code == "too_many_requests")
            #expect(answer.headers[.retryAfter].flatMap { Int($0) } ?? 0 > 0)
            #expect(try await api.send(.post, "/ext-event/\(token)", body: Self.form).status == .ok)
        }
    }

    @Test("too large bodies are 413, too long queries 414, other methods 405, and none of them is stored")
    func refused() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let padding = String(repeating: "x", count: 64 * 1024)
            let large = try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1&p=" + padding)
            #expect(large.status == .contentTooLarge)
            #expect(large.code == "body_too_large")
            let long = try await api.send(.get, "/ext-event/\(token)?CallID=c1&p=" + padding.prefix(16 * 1024))
            #expect(long.status == .uriTooLong)
            #expect(long.code == "query_too_long")
            for method in [HTTPRequest.Method.head, .put, .delete, .patch, .options] {
                let answer = try await api.send(method, "/ext-event/\(token)?CallID=c1")
                #expect(answer.status == .methodNotAllowed, "\(method)")
                #expect(answer.headers[.allow] == "GET, POST")
                #expect(method == .head ? answer.text.isEmpty : answer.code == "method_not_allowed")
            }
            #expect(try await api.rows(StoredEvents()).isEmpty)
            let exact = "CallID=c1&p=" + padding.dropLast("CallID=c1&p=".count)
            #expect(try await api.send(.post, "/ext-event/\(token)", body: exact).status == .ok)
        }
    }

    @Test("the database away is 503 with Retry-After, and its return heals by itself")
    func databaseAway() async throws {
        let gate = WriteGate()
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let options = TestAPI.Options(intake: { store in
            EventIntake(writers: 1, limits: .events(10), logger: quiet) { batch in
                if gate.isClosed {
                    throw StorageError(PostgresError(.connectionFailed, message: "away"))
                }
                try await store.write(batch)
            }
        })
        try await TestAPI.with(options) { api in
            let token = try await api.phone(of: "807")
            gate.isClosed = true
            let answer = try await api.send(.post, "/ext-event/\(token)", body: Self.form)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.code == "database_unavailable")
            #expect(answer.headers[.retryAfter] == "1")
            #expect(answer.headers[.contentType] == "application/problem+json")
            gate.isClosed = false
            #expect(try await api.send(.post, "/ext-event/\(token)", body: Self.form).status == .ok)
            #expect(try await api.rows(StoredEvents()).count == 1)
        }
    }
}
