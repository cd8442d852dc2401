import Testing

@testable import RingmeAPI

@Suite("Errors of the PBX")
struct PBXErrorTests {
    /// An answer without success and the code that it means.
    struct Row: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var headers: [(String, String)] = []
        var code: PBXError.Code
        var vendorStatus: String?

        var testDescription: String { "\(self.status) \(self.body)" }
    }

    private static let budget = [
        ("X-RateLimit-Limit", "1000"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1800"),
    ]

    static let rows: [Row] = [
        Row(status: 401, body: #"{"message":"Unauthorized"}"#, code: .unauthorized),
        Row(
            status: 403,
            body: #"{"message":"no","status":"access_denied"}"#,
            code: .accessDenied,
            vendorStatus: "access_denied"
        ),
        Row(status: 403, body: #"{"status":"user_blocked"}"#, code: .accessDenied, vendorStatus: "user_blocked"),
        Row(status: 404, body: #"{"message":"Not found"}"#, code: .notFound),
        Row(status: 404, body: #"{"status":"client_not_found"}"#, code: .notFound, vendorStatus: "client_not_found"),
        Row(status: 404, body: "", code: .notFound),
        Row(status: 404, body: "<html>404 nginx</html>", code: .unparsable),
        Row(
            status: 429,
            body: #"{"message":"Limit","status":"rate_limit_exceeded"}"#,
            headers: budget,
            code: .rateLimited(retryAfter: .seconds(1800)),
            vendorStatus: "rate_limit_exceeded"
        ),
        Row(status: 429, body: "", headers: [("Retry-After", "7")], code: .rateLimited(retryAfter: .seconds(7))),
        Row(status: 429, body: "<html>", code: .rateLimited(retryAfter: nil)),
        Row(
            status: 429,
            body: "{}",
            headers: [("X-RateLimit-Reset", "0")],
            code: .rateLimited(retryAfter: .seconds(1))
        ),
        Row(
            status: 429,
            body: #"{"message":"Stats request already exists, concurrent request not allowed"}"#,
            headers: budget,
            code: .concurrentRequest
        ),
        Row(
            status: 429,
            body: #"{"message":"concurrent","status":"rate_limit_exceeded"}"#,
            headers: budget,
            code: .rateLimited(retryAfter: .seconds(1800)),
            vendorStatus: "rate_limit_exceeded"
        ),
        Row(status: 400, body: #"{"message":"ivr-type"}"#, code: .refused(status: 400)),
        Row(status: 409, body: "[]", code: .refused(status: 409)),
        Row(status: 302, body: "", headers: [("Location", "https://elsewhere/")], code: .refused(status: 302)),
        Row(status: 500, body: "<html>", code: .unavailable),
        Row(status: 503, body: "", code: .unavailable),
        Row(status: 408, body: "", code: .unavailable),
    ]

    private func error(_ row: Row, method: PBXMethod = .get) -> PBXError {
        let answer = PBXAnswer(
            status: row.status,
            headers: row.headers.map { (name: $0.0, value: $0.1) },
            body: Array(row.body.utf8)
        )
        let request = PBXRequest(operation: .createEvent, method: method, path: "/x/")
        return PBXError(answer: answer, to: request, hiding: [])
    }

    @Test("an answer without success has the vendor's meaning", arguments: rows)
    func codes(row: Row) {
        let error = self.error(row)
        #expect(error.code == row.code)
        #expect(error.httpStatus == row.status)
        #expect(error.vendorStatus == row.vendorStatus)
        #expect(!error.outcomeUnknown)
    }

    @Test("only a request that creates has an unknown outcome, and only after a failure of the server")
    func outcomeOfAnswers() {
        for row in Self.rows {
            #expect(self.error(row, method: .post).outcomeUnknown == (row.status >= 500))
            #expect(!self.error(row, method: .put).outcomeUnknown)
            #expect(!self.error(row, method: .delete).outcomeUnknown)
        }
    }

    @Test(
        "a request without an answer is retryable, and a creating one may have been done unless it was never sent",
        arguments: [
            (.timedOut, .timedOut, true), (.connectTimedOut, .timedOut, false), (.connectionLost, .unavailable, true),
            (.tooLarge, .unparsable, true), (.undecodable, .unparsable, true), (.cancelled, .cancelled, true),
        ] as [(PBXTransport.Failure, PBXError.Code, Bool)]
    )
    func failures(failure: PBXTransport.Failure, code: PBXError.Code, outcomeUnknown: Bool) {
        let creating = PBXError(failure, operation: .createEvent, isCreating: true)
        #expect(creating.code == code)
        #expect(creating.outcomeUnknown == outcomeUnknown)
        #expect(creating.isRetryable)
        #expect(!PBXError(failure, operation: .deleteEvent, isCreating: false).outcomeUnknown)
    }

    @Test("only failures that people need not mend are retryable")
    func retryable() {
        let retryable = Self.rows.filter { self.error($0).isRetryable }.map(\.status)
        #expect(Set(retryable) == [404, 408, 429, 500, 503])
        #expect(!PBXError(.notFound, operation: .deleteEvent).isRetryable)
        #expect(!PBXError(.invalidRequest, operation: .deleteEvent).isRetryable)
    }

    @Test("the delay is the reset of the budget, or five seconds for a concurrent request")
    func retryAfter() {
        #expect(PBXError(.rateLimited(retryAfter: .seconds(3)), operation: .listEvents).retryAfter == .seconds(3))
        #expect(PBXError(.rateLimited(retryAfter: nil), operation: .listEvents).retryAfter == nil)
        #expect(PBXError(.concurrentRequest, operation: .callHistory).retryAfter == .seconds(5))
        #expect(PBXError(.unavailable, operation: .listEvents).retryAfter == nil)
    }

    @Test(
        "whatever the token endpoint refuses is no statement about the resource",
        arguments: [
            (400, #"{"error":"invalid_client"}"#, .unauthorized), (401, "", .unauthorized),
            (403, "<html>", .unauthorized),
            (404, #"{"message":"Not found"}"#, .refused(status: 404)), (404, "<html>", .refused(status: 404)),
            (429, "", .rateLimited(retryAfter: nil)), (502, "", .unavailable),
        ] as [(Int, String, PBXError.Code)]
    )
    func tokenErrors(status: Int, body: String, code: PBXError.Code) {
        let answer = PBXAnswer(status: status, headers: [], body: Array(body.utf8))
        let error = PBXError(tokenAnswer: answer, hiding: [])
        #expect(error.code == code)
        #expect(error.operation == .token)
    }

    @Test("the PBX's words are kept, and the secrets that it repeats are not")
    func messages() {
        let url = "https://crm.example/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
        let body = #"{"message":"url \#(url) refused for secret hunter2","error":"limit"}"#
        let answer = PBXAnswer(status: 400, headers: [], body: Array(body.utf8))
        let request = PBXRequest(operation: .createEvent, method: .post, path: "/x/", secrets: [url])
        let error = PBXError(answer: answer, to: request, hiding: ["hunter2"])
        #expect(error.message == "url […] refused for secret […]: limit")
        #expect(error.description == "create_event: refused (400): url […] refused for secret […]: limit")
    }

    @Test("a vendor status that is no word is dropped")
    func vendorStatus() {
        let answer = { (status: String) in
            PBXAnswer(status: 400, headers: [], body: Array(#"{"status":"\#(status)"}"#.utf8))
        }
        let request = PBXRequest(operation: .limit, path: "/x/")
        let words = ["two words", String(repeating: "a", count: 65), "", "ok_word"].map {
            PBXError(answer: answer($0), to: request, hiding: []).vendorStatus
        }
        #expect(words == [nil, nil, nil, "ok_word"])
    }
}

@Suite("Messages of the PBX made safe")
struct SafeMessageTests {
    @Test(
        "URLs and random words are taken out, other words stay",
        arguments: [
            ("Not found", "Not found"),
            ("  two\n\tlines\u{0} ", "two lines"),
            ("see https://h/ext-event/abc now", "see [url] now"),
            (#"see https:\/\/h\/x now"#, "see [url] now"),
            ("path h/ext-event/abc", "path [url]"),
            ("token 2jGp74vK7HmBtWq0McR0l2n7eVEJJQ.", "token […]."),
            ("id f2a8vdrfae0s1ku5d2rj3iximjf3twyz,f2a8vdrfae0s1ku5d2rj3iximjf3twyz", "id […],[…]"),
            (
                "ivr-type does not allow application_access_restricted_here",
                "ivr-type does not allow application_access_restricted_here"
            ),
            ("лимит событий 16", "лимит событий 16"),
            ("", ""),
        ]
    )
    func safe(text: String, expected: String) {
        #expect(safeMessage(text, hiding: []) == expected)
    }

    @Test("at most 200 characters are kept")
    func length() {
        let message = safeMessage(String(repeating: "слово ", count: 100), hiding: [])
        #expect(message.count == 200)
        #expect(message.hasSuffix("…"))
        #expect(safeMessage(String(repeating: "a", count: 200), hiding: []).count == 200)
    }

    @Test("a known secret is hidden however short")
    func knownSecrets() {
        #expect(safeMessage("my pw is pw1", hiding: ["pw1", ""]) == "my pw is […]")
    }
}
