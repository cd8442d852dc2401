import NIOHTTP1
import Testing

@testable import RingmeSimulator

@Suite("The control API", .timeLimit(.minutes(5)))
struct ControlAPITests {
    @Test("a client, its extensions, foreign rows and limits are set up over HTTP")
    func setup() async throws {
        try await SimulatorHarness.run { harness in
            func control(_ method: HTTPMethod, _ path: String, _ json: JSONValue? = nil) async throws -> Int {
                try await harness.send(method, "/_sim" + path, json: json).status
            }
            let client: JSONValue = [
                "client_id": 5, "app_id": "app", "app_secret": "sec", "prefix": "100", "limit_per_hour": 50,
            ]
            #expect(try await control(.POST, "/clients", client) == 201)
            #expect(try await control(.POST, "/clients", client) == 409)
            let extensions: JSONValue = [["id": 9, "name": "100*11", "type": "phone", "label": "A"]]
            #expect(try await control(.POST, "/clients/5/extensions", extensions) == 201)
            #expect(try await control(.POST, "/extensions/9/events", ["url": "https://crm.example/x"]) == 201)
            #expect(try await control(.POST, "/extensions/9/limit", ["limit": 1]) == 204)
            #expect(try await control(.POST, "/extensions/77/events", ["url": "https://crm.example/x"]) == 404)
            let rows = try await harness.send(.GET, "/_sim/extensions/9/events")
            #expect(rows.json?[0]?["foreign"]?.truth == true)
            let token = try await harness.token(appID: "app", appSecret: "sec")
            let row: JSONValue = ["url": "https://host/e", "event_type": "hangup", "method": "POST"]
            let refused = try await harness.api(.POST, "/extension/9/event/", token: token, json: row)
            #expect(refused.status == 400)
            #expect(refused.headers.first(name: "X-RateLimit-Limit") == "50")
            #expect(try await control(.DELETE, "/extensions/9/events/\(rows.json?[0]?["id"]?.whole ?? 0)") == 204)
            #expect(try await harness.api(.POST, "/extension/9/event/", token: token, json: row).status == 201)
        }
    }

    @Test("a second standard client with another prefix and ids fits beside the first")
    func seed() async throws {
        try await SimulatorHarness.run { harness in
            let body: JSONValue = [
                "app_id": "b", "app_secret": "s", "client_id": 20_000, "prefix": "3777", "id_offset": 10_000,
            ]
            let reply = try await harness.send(.POST, "/_sim/seed", json: body)
            #expect(reply.status == 201)
            #expect(reply.json?["extensions"]?[1]?["name"]?.text == "3777*102")
            #expect(reply.json?["extensions"]?[1]?["id"]?.whole == 95_219)
            #expect(try await harness.send(.POST, "/_sim/seed", json: body).status == 409)
            let state = try await harness.send(.GET, "/_sim/state")
            #expect(state.json?["clients"]?.elements?.count == 2)
            let call: JSONValue = ["client_id": 20_000, "scenario": "S01"]
            let placed = try await harness.send(.POST, "/_sim/calls?wait=true", json: call)
            #expect(placed.json?["events"]?[0]?["fields"]?["CalledNumber"]?.text == "3777*102")
        }
    }

    @Test("faults, log, violations and reset over HTTP")
    func faultsAndLog() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let fault: JSONValue = ["action": "internal_error", "resource": "user", "times": 0]
            #expect(try await harness.send(.POST, "/_sim/faults", json: fault).json?["id"]?.whole == 1)
            #expect(try await harness.send(.GET, "/user/", token: token).status == 500)
            #expect(try await harness.send(.GET, "/_sim/faults").json?[0]?["met"]?.whole == 1)
            #expect(try await harness.send(.DELETE, "/_sim/faults").status == 204)
            #expect(try await harness.send(.DELETE, "/extension/1").status == 401)
            _ = try await harness.api(.DELETE, "/extension/85219/event/", token: token)
            let log = try await harness.send(.GET, "/_sim/log")
            #expect(log.json?.elements?.compactMap { $0["status"]?.whole } == [200, 500, 401, 204])
            #expect(log.json?.elements?.last?["extension_id"]?.whole == 85219)
            let violations = try await harness.send(.GET, "/_sim/violations")
            #expect(violations.json?[0]?["kind"]?.text == "bulk_delete")
            #expect(try await harness.send(.POST, "/_sim/reset").status == 204)
            #expect(try await harness.send(.GET, "/user/", token: token).status == 401)
            #expect(harness.pbx.clients.isEmpty)
        }
    }

    @Test("the guide names every fault, and every fault that it names can be scripted")
    func guide() async throws {
        try await SimulatorHarness.run { harness in
            let text = try await harness.send(.GET, "/_sim/").text
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
            for fault in ControlGuide.faults {
                #expect(text.contains("\n\(fault.name) "))
                var body: [String: JSONValue] = ["action": .string(fault.name)]
                for parameter in fault.parameters.split(separator: ", ") {
                    body[String(parameter)] = "404"
                }
                let reply = try await harness.send(.POST, "/_sim/faults", json: .object(body))
                #expect(reply.status == 201, "\(fault.name): \(reply.text)")
            }
        }
    }

    @Test(
        "a type, a limit and all tokens are changed over HTTP, a fault is for every second request of one application"
    )
    func changes() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let fault: JSONValue = [
                "action": "access_denied", "vendor_status": "user_blocked", "every": 2, "times": 0,
                "app_id": .string(SimulatorHarness.appID),
            ]
            #expect(try await harness.send(.POST, "/_sim/faults", json: fault).status == 201)
            #expect(try await harness.send(.POST, "/_sim/extensions/85219/type", json: ["type": "fax"]).status == 204)
            let item = try await harness.api(.GET, "/client/@me/extension/85219", token: token)
            #expect(item.json?["type"]?.text == "fax")
            let denied = try await harness.send(.GET, "/user/", token: token)
            #expect(denied.json?["status"]?.text == "user_blocked")
            #expect(try await harness.send(.DELETE, "/_sim/tokens").status == 204)
            #expect(try await harness.send(.GET, "/user/", token: token).status == 401)
            #expect(try await harness.send(.POST, "/_sim/extensions/1/type", json: ["type": "fax"]).status == 404)
        }
    }

    @Test("neither the log nor the reports carry a secret")
    func secrets() async throws {
        try await SimulatorHarness.run { harness in
            let secret = SimulatorHarness.appSecret
            let query = "grant_type=client_credentials&client_id=\(SimulatorHarness.appID)&client_secret=\(secret)"
            _ = try await harness.send(.POST, "/oauth/token?\(query)")
            let token = try await harness.token()
            try await harness.subscribe(96850, ["hangup"], url: "http://127.0.0.1:1/e/tok123", token: token)
            let call: JSONValue = ["client_id": .integer(harness.clientID), "scenario": "s03"]
            var texts = [try await harness.send(.POST, "/_sim/calls?wait=true", json: call).text]
            for path in ["/_sim/log", "/_sim/state", "/_sim/violations", "/_sim/deliveries"] {
                texts.append(try await harness.send(.GET, path).text)
            }
            for text in texts {
                #expect(!text.contains(secret))
                #expect(!text.contains(token))
                #expect(!text.contains("tok123"))
            }
        }
    }

    @Test(
        "what cannot be done is told",
        arguments: [
            ("/calls", #"{"client_id": 10500, "scenario": "S99"}"#, 404, "S99"),
            ("/calls", #"{"client_id": 1, "scenario": "S01"}"#, 404, "client"),
            ("/calls", #"{"scenario": "S01"}"#, 400, "client_id"), ("/calls", "{", 400, "JSON"),
            ("/calls", #"{"client_id": 10500, "events": [{"extension_id": 1, "fields": {}}]}"#, 404, "extension"),
            ("/faults", #"{"action": "explode"}"#, 400, "explode"),
            ("/faults", #"{"action": "none", "resource": "moon"}"#, 400, "moon"),
            ("/seed", #"{"app_id": "x"}"#, 400, "app_secret"),
            ("/agents/136/status", #"{"status": "x"}"#, 400, "status"),
            ("/clients/1/consume", #"{"requests": 1}"#, 404, "client"),
        ]
    )
    func problems(path: String, body: String, status: Int, word: String) async throws {
        try await SimulatorHarness.run { harness in
            let reply = try await harness.send(.POST, "/_sim" + path, form: body)
            #expect(reply.status == status)
            #expect(reply.json?["message"]?.text?.contains(word) == true)
        }
    }
}
