import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Event rows of extensions", .timeLimit(.minutes(5)))
struct EventRowTests {
    private static func row(
        _ eventType: String,
        _ url: String = "https://host/e/1",
        method: String = "POST"
    ) -> JSONValue {
        ["url": .string(url), "event_type": .string(eventType), "method": .string(method)]
    }

    @Test("a row is created (201), listed, read, changed (200) and deleted (204)")
    func lifeOfARow() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let created = try await harness.api(
                .POST,
                "/extension/85219/event/",
                token: token,
                json: Self.row("answer")
            )
            #expect(created.status == 201)
            let id = try #require(created.json?["id"]?.whole)
            #expect(created.json?["url"]?.text == "https://host/e/1")
            #expect(created.json?["event_type"]?.text == "answer")
            #expect(created.json?["method"]?.text == "POST")
            let list = try await harness.api(.GET, "/extension/85219/event/", token: token)
            #expect(list.json?.elements == [try #require(created.json)])
            let changed = try await harness.api(
                .PUT,
                "/extension/85219/event/\(id)",
                token: token,
                json: Self.row("answer", "https://host/e/2", method: "GET")
            )
            #expect(changed.status == 200)
            let read = try await harness.api(.GET, "/extension/85219/event/\(id)", token: token)
            #expect(read.json?["url"]?.text == "https://host/e/2")
            #expect(read.json?["method"]?.text == "GET")
            let deleted = try await harness.api(.DELETE, "/extension/85219/event/\(id)", token: token)
            #expect(deleted.status == 204)
            #expect(deleted.bytes.isEmpty)
            #expect(try await harness.api(.DELETE, "/extension/85219/event/\(id)", token: token).status == 404)
            #expect(harness.pbx.violations.isEmpty)
        }
    }

    @Test(
        "what cannot be a row is 400 with a message",
        arguments: [
            (85219, row("dance"), "event_type"), (85219, row("hangup", method: "PUT"), "method"),
            (85219, row("hangup", "ftp://host"), "url"), (85219, ["event_type": "hangup"], "Required"),
            (85219, [], "object"), (96850, row("answer"), "ivr-type"), (96850, row("dial-out"), "ivr-type"),
            (96857, row("answer"), "ivr-type"), (96858, row("message-in"), "ivr-type"),
        ] as [(Int, JSONValue, String)]
    )
    func refusals(extensionID: Int, row: JSONValue, word: String) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let reply = try await harness.api(.POST, "/extension/\(extensionID)/event/", token: token, json: row)
            #expect(reply.status == 400)
            #expect(reply.json?["message"]?.text?.contains(word) == true)
            #expect(harness.pbx.events(of: extensionID).isEmpty)
        }
    }

    @Test("an IVR and a queue take dial-in and hangup", arguments: [96850, 96857], ["dial-in", "hangup"])
    func routers(extensionID: Int, eventType: String) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let path = "/extension/\(extensionID)/event/"
            #expect(try await harness.api(.POST, path, token: token, json: Self.row(eventType)).status == 201)
        }
    }

    @Test("the seventeenth row is refused, whoever made the others; a raised limit takes it")
    func limit() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            for number in 0..<15 {
                try harness.pbx.addForeignEvent(extensionID: 85219, url: "https://crm.example/\(number)")
            }
            func create(_ number: Int) async throws -> SimulatorHarness.Reply {
                let row = Self.row("hangup", "https://host/e/\(number)")
                return try await harness.api(.POST, "/extension/85219/event/", token: token, json: row)
            }
            #expect(try await create(1).status == 201)
            let refused = try await create(2)
            #expect(refused.status == 400)
            #expect(refused.json?["message"]?.text?.contains("16") == true)
            #expect(harness.pbx.events(of: 85219).count == 16)
            try harness.pbx.setEventLimit(17, extensionID: 85219)
            #expect(try await create(2).status == 201)
            #expect(try await create(3).status == 400)
        }
    }

    @Test("the rows of a queue agent")
    func agentRows() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let path = "/client/@me/agent/local/136/event/"
            let created = try await harness.api(.POST, path, token: token, json: Self.row("agent-login"))
            #expect(created.status == 201)
            #expect(try await harness.api(.POST, path, token: token, json: Self.row("hangup")).status == 400)
            let id = try #require(created.json?["id"]?.whole)
            #expect(try await harness.api(.GET, path, token: token).json?.elements?.count == 1)
            #expect(try await harness.api(.DELETE, "\(path)\(id)", token: token).status == 204)
            #expect(try await harness.api(.GET, path, token: token).json?.elements?.isEmpty == true)
        }
    }
}
