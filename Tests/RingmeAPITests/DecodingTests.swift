import Telephony
import Testing

@testable import RingmeAPI

@Suite("Decoding what the PBX answers")
struct DecodingTests {
    private let request = PBXRequest(operation: .listEvents, path: "/x/")

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: String) throws -> Value {
        try PBXAnswer(status: 200, headers: [], body: Array(body.utf8)).decoded(type, of: self.request)
    }

    @Test("event rows are read with unknown keys, ids as text and members missing")
    func events() throws {
        let body = #"""
            [{"url":"https://h/ext-event/abc","id":150,"method":"POST","event_type":"hangup","new":{"deep":[1]}},
             {"url":"https://h/x","id":"151","method":"get","event_type":"DIAL-IN"},
             {"id":152,"url":null},{"id":153.0,"method":7}]
            """#
        #expect(
            try self.decode([EventBody].self, body).map { $0.row() } == [
                SubscriptionRow(id: 150, eventType: "hangup", url: "https://h/ext-event/abc", method: "POST"),
                SubscriptionRow(id: 151, eventType: "dial-in", url: "https://h/x", method: "GET"),
                SubscriptionRow(id: 152, eventType: "", url: "", method: ""),
                SubscriptionRow(id: 153, eventType: "", url: "", method: "7"),
            ]
        )
    }

    @Test(
        "a list that is not one is refused as a whole",
        arguments: [
            "", " ", "null", "{}", "<html><body>Bad gateway</body></html>", "[", #"[{"id":1},{"url":"x"}]"#, "[1]",
            #"{"message":"Not found"}"#, #"[{"id":"x"}]"#, #"[{"id":1.5}]"#, "[null]", "\u{FEFF}[",
            String(repeating: "[", count: 100_000),
        ]
    )
    func unparsableLists(body: String) {
        #expect(throws: PBXError.self) { try self.decode([EventBody].self, body) }
        do {
            _ = try self.decode([EventBody].self, body)
        } catch let error as PBXError {
            #expect(error.code == .unparsable)
            #expect(error.httpStatus == 200)
            #expect(!error.outcomeUnknown)
        } catch {
            Issue.record("another error: \(error)")
        }
    }

    @Test("of a request that creates, an answer that cannot be read leaves the outcome unknown")
    func unknownOutcome() throws {
        let request = PBXRequest(operation: .createEvent, method: .post, path: "/x/")
        let answer = PBXAnswer(status: 201, headers: [], body: Array("<html>".utf8))
        let error = #expect(throws: PBXError.self) { try answer.decoded(EventBody.self, of: request) }
        #expect(error?.outcomeUnknown == true)
        #expect(error?.description.contains("html") == false)
    }

    @Test("an answer's missing members are what was asked")
    func askedMembers() throws {
        let asked = try EventRequestBody(type: "hangup", url: "https://h/e", method: "POST", for: .createEvent)
        #expect(
            try self.decode(EventBody.self, #"{"id":9}"#).row(asked: asked)
                == SubscriptionRow(id: 9, eventType: "hangup", url: "https://h/e", method: "POST")
        )
    }

    @Test("extensions lose their domain and keep words that are not known")
    func extensions() throws {
        let body = #"""
            [{"id":85219,"name":"2566*102@sipproxy.telphin.ru","type":"phone","status":"active","label":"Иван",
              "extra_params":"null","client_id":7},
             {"id":"96850","name":"2566*099","type":"IVR","label":""},{"id":3,"type":"fax","status":"blocked"}]
            """#
        let extensions = try self.decode([ExtensionBody].self, body).map(\.value)
        #expect(extensions.map(\.id.rawValue) == [85_219, 96_850, 3])
        #expect(extensions.map(\.name) == ["2566*102", "2566*099", ""])
        #expect(extensions.map(\.type.rawValue) == ["phone", "ivr", "fax"])
        #expect(extensions.map(\.label) == ["Иван", nil, nil])
        #expect(extensions.map(\.status) == ["active", nil, "blocked"])
        #expect(
            extensions[0].ref
                == ExtensionRef(
                    id: ExtensionID(rawValue: 85_219),
                    name: "2566*102",
                    type: ExtensionType(rawValue: "phone")
                )
        )
    }

    @Test("a user is nothing without a client")
    func users() throws {
        let body = #"{"client_id":"807","id":5,"login":"boss","admin":1,"timezone":"Europe/Moscow","access":"all"}"#
        let user = try self.decode(UserBody.self, body).user
        #expect(
            user
                == PBXUser(clientID: "807", id: 5, login: "boss", isAdministrator: true, timeZone: "Europe/Moscow")
        )
        #expect(throws: PBXError.self) { try self.decode(UserBody.self, #"{"id":5}"#) }
    }

    @Test("agents are read by id and extension")
    func agents() throws {
        let body = #"[{"id":136,"extension_name":"000*094@ringme.ru"},{"id":"137"}]"#
        #expect(
            try self.decode([AgentBody].self, body).map(\.agent) == [
                PBXAgent(id: 136, extensionName: "000*094"), PBXAgent(id: 137, extensionName: nil),
            ]
        )
    }

    @Test("of the limits every whole number is shown, whatever its name")
    func limits() throws {
        let body = #"{"event_limit":16,"other":"32","text":"x","nested":{"a":1},"none":null,"flag":true}"#
        #expect(try self.decode(LimitBody.self, body).values == ["event_limit": 16, "other": 32])
        #expect(throws: PBXError.self) { try self.decode(LimitBody.self, "[]") }
    }

    @Test("a call of the history has its legs and their recordings")
    func callHistory() throws {
        let body = #"""
            {"page":1,"per_page":200,"order":"asc","call_history":[
             {"call_uuid":"CAA308E3F0","flow":"IN","bridged":"yes","result":"bridged","extension_id":"85219",
              "start_time_gmt":"2021-01-01 16:29:38.76","hangup_time_gmt":"2021-01-01 16:30:38","duration":"60,5",
              "cdr":[{"record_uuid":"85219-AB","extension_id":85219,"flow":"in","result":"answered","duration":55},
                     {"record_uuid":null,"flow":"transfer"}]},
             {"call_uuid":"b"}]}
            """#
        let calls = try self.decode(CallHistoryBody.self, body).calls.map(\.call)
        #expect(calls.map(\.callID) == ["caa308e3f0", "b"])
        #expect(calls[0].flow == "in")
        #expect(calls[0].isBridged == true)
        #expect(calls[0].extensionID == 85_219)
        #expect(calls[0].durationSeconds == 60.5)
        #expect(calls[0].legs.map(\.recordID) == ["85219-AB", nil])
        #expect(calls[1].legs.isEmpty)
        #expect(throws: PBXError.self) { try self.decode(CallHistoryBody.self, #"{"call_history":[{}]}"#) }
        #expect(throws: PBXError.self) { try self.decode(CallHistoryBody.self, #"{"page":1}"#) }
    }

    @Test(
        "the address of a recording is an absolute HTTP URL or none",
        arguments: [
            (#"{"record_url":"https://storage.telphin.ru/a?b=c"}"#, "https://storage.telphin.ru/a?b=c"),
            (#"{"record_url":"javascript:alert(1)"}"#, nil), (#"{"record_url":"https://h/\r\nX: y"}"#, nil),
            (#"{"record_url":""}"#, nil), ("{}", nil),
        ] as [(String, String?)]
    )
    func recordings(body: String, url: String?) throws {
        #expect(try self.decode(RecordingBody.self, body).url == url)
    }

    @Test(
        "rate limits are read from headers in any case, and nothing is made up",
        arguments: [
            (
                [("x-ratelimit-limit", "1000"), ("X-RATELIMIT-REMAINING", " 999 "), ("X-RateLimit-Reset", "12.2")],
                1_000, 999, 13
            ),
            ([("X-RateLimit-Remaining", "-1")], nil, 0, nil),
            ([("X-RateLimit-Limit", "many"), ("X-RateLimit-Reset", "5")], nil, nil, 5),
        ] as [([(String, String)], Int?, Int?, Int?)]
    )
    func rateLimits(headers: [(String, String)], limit: Int?, remaining: Int?, reset: Int?) {
        #expect(
            PBXAnswer(status: 200, headers: headers.map { (name: $0.0, value: $0.1) }, body: []).rateLimit
                == RateLimit(limit: limit, remaining: remaining, resetSeconds: reset)
        )
    }

    @Test("an answer without rate-limit headers, or with nonsense, has none")
    func noRateLimit() {
        #expect(PBXAnswer(status: 200, headers: [], body: []).rateLimit == nil)
        let nonsense = [(name: "X-RateLimit-Limit", value: "nan"), (name: "X-RateLimit-Reset", value: "1e99")]
        #expect(PBXAnswer(status: 200, headers: nonsense, body: []).rateLimit == nil)
    }
}
