import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Faults by script", .timeLimit(.minutes(5)))
struct FaultTests {
    private static let row: JSONValue = ["url": "https://host/e/1", "event_type": "hangup", "method": "POST"]
    private static let path = "/extension/85219/event/"

    @Test(
        "an answer in place of the real one, once, and nothing is done",
        arguments: [
            (Fault.internalError, 500, "message"), (Fault.html, 200, "<html>"), (Fault.emptyBody, 200, ""),
            (Fault.brokenJSON, 200, "[{"), (Fault.unauthorized, 401, "Unauthorized"),
            (Fault.accessDenied, 403, "access_denied"), (Fault.denied("user_blocked"), 403, "user_blocked"),
            (Fault.denied("user_access_type_deny"), 403, "user_access_type_deny"),
            (Fault.denied("app_access_type_deny"), 403, "app_access_type_deny"),
            (Fault.Action.concurrentRequest, 429, "concurrent request"),
            (Fault.Action.rateLimited(resetSeconds: 1800), 429, "rate_limit_exceeded"),
        ] as [(Fault.Action, Int, String)]
    )
    func answers(action: Fault.Action, status: Int, text: String) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let id = harness.pbx.addFault(Fault(action, method: "POST", resource: .events))
            #expect(try await harness.api(.GET, Self.path, token: token).status == 200)
            let reply = try await harness.api(.POST, Self.path, token: token, json: Self.row)
            #expect(reply.status == status)
            #expect(text.isEmpty ? reply.bytes.isEmpty : reply.text.contains(text))
            #expect(harness.pbx.events(of: 85219).isEmpty)
            #expect(harness.pbx.requestsMet(byFault: id) == 1)
            #expect(harness.pbx.requestLog.last?.faultID == id)
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row).status == 201)
        }
    }

    @Test("429 names its Reset, or has no rate headers at all")
    func resets() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.rateLimited(resetSeconds: 3599)))
            harness.pbx.addFault(Fault(.rateLimited(resetSeconds: nil)))
            let first = try await harness.send(.GET, "/user/", token: token)
            #expect(first.headers.first(name: "X-RateLimit-Reset") == "3599")
            #expect(first.headers.first(name: "X-RateLimit-Remaining") == "0")
            harness.pbx.advanceClock(by: .seconds(60))
            let second = try await harness.send(.GET, "/user/", token: token)
            #expect(second.status == 429)
            #expect(second.headers.first(name: "X-RateLimit-Reset") == nil)
            #expect(harness.pbx.violations.map(\.kind) == [.budgetExceeded], "the second came before the Reset")
        }
    }

    @Test(
        "no answer: the connection breaks or nothing comes, with the request carried out or not",
        arguments: [
            (Fault.Action.closeConnection, false), (Fault.Action.performThenClose, true),
            (Fault.Action.hang(.seconds(20)), false), (Fault.Action.performThenHang(.seconds(20)), true),
        ]
    )
    func silence(action: Fault.Action, isDone: Bool) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(action, resource: .events, extensionID: 85219))
            await #expect(throws: (any Error).self) {
                try await harness.api(
                    .POST,
                    Self.path,
                    token: token,
                    json: Self.row,
                    timeout: .milliseconds(500)
                )
            }
            #expect(harness.pbx.events(of: 85219).count == (isDone ? 1 : 0))
            #expect(try await harness.api(.GET, Self.path, token: token).status == 200)
        }
    }

    @Test("a fault waits for its turn, has its number of times, and is for its client only")
    func matching() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.seedStandardClient(
                appID: "b",
                appSecret: "s",
                clientID: 2,
                prefix: "3777",
                idOffset: 10_000
            )
            let token = try await harness.token()
            let other = try await harness.token(appID: "b", appSecret: "s")
            harness.pbx.addFault(Fault(Fault.internalError, clientID: harness.clientID, skip: 1, times: 2))
            var statuses: [Int] = []
            for _ in 0..<4 {
                statuses.append(try await harness.send(.GET, "/user/", token: token).status)
                #expect(try await harness.send(.GET, "/user/", token: other).status == 200)
            }
            #expect(statuses == [200, 500, 500, 200])
            harness.pbx.addFault(Fault(Fault.internalError, times: nil))
            harness.pbx.clearFaults()
            #expect(try await harness.send(.GET, "/user/", token: token).status == 200)
        }
    }

    @Test("a fault meets every third of one application's requests")
    func everyThird() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.addApplication(appID: "b", appSecret: "s", clientID: harness.clientID)
            let token = try await harness.token()
            let other = try await harness.token(appID: "b", appSecret: "s")
            harness.pbx.addFault(
                Fault(Fault.internalError, appID: SimulatorHarness.appID, skip: 1, every: 3, times: 2)
            )
            var statuses: [Int] = []
            for _ in 0..<11 {
                statuses.append(try await harness.send(.GET, "/user/", token: token).status)
                #expect(try await harness.send(.GET, "/user/", token: other).status == 200)
            }
            #expect(statuses == [200, 200, 200, 500, 200, 200, 500, 200, 200, 200, 200])
        }
    }

    @Test("tokens expire and limits sink in the middle of a run")
    func changes() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.setEventLimit(2), method: "POST", skip: 2))
            var statuses: [Int] = []
            for eventType in ["dial-in", "dial-out", "answer", "hangup"] {
                let row: JSONValue = ["url": "https://host/e", "event_type": .string(eventType), "method": "POST"]
                statuses.append(try await harness.api(.POST, Self.path, token: token, json: row).status)
            }
            #expect(statuses == [201, 201, 400, 400])
            harness.pbx.addFault(Fault(.expireTokens))
            #expect(try await harness.api(.GET, Self.path, token: token).status == 401)
            let fresh = try await harness.token()
            #expect(try await harness.api(.GET, Self.path, token: fresh).status == 200)
        }
    }

    @Test("a page repeats, a list shrinks between pages, ids become text")
    func lists() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            func names(_ page: Int) async throws -> [String] {
                let path = "/client/@me/extension/?per_page=2&page=\(page)"
                let reply = try await harness.api(.GET, path, token: token)
                return try #require(reply.json?.elements).compactMap { $0["name"]?.text }
            }
            harness.pbx.addFault(Fault(.repeatFirstPage, resource: .extensions))
            #expect(try await names(2) == ["2566*101", "2566*102"])
            #expect(try await names(2) == ["2566*103", "2566*099"])
            harness.pbx.addFault(Fault(.shrinkList(by: 1), resource: .extensions))
            #expect(try await names(2) == ["2566*099", "2566*887"])
            harness.pbx.addFault(Fault(.unusualShape, resource: .extensions))
            let reply = try await harness.api(.GET, "/client/@me/extension/", token: token)
            #expect(reply.json?[0]?["id"] == .string("85218"))
            #expect(reply.json?[0]?["_links"] != nil)
            harness.pbx.addFault(Fault(.unusualShape, resource: .agents))
            let agents = try await harness.api(.GET, "/client/@me/agent/local/", token: token)
            #expect(agents.json?[0]?["id"] == .string("136"))
        }
    }

    @Test("event rows and extensions come in small pages")
    func smallPages() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            for number in 0..<5 {
                try harness.pbx.addForeignEvent(extensionID: 85219, url: "https://crm.example/\(number)")
            }
            func count(_ path: String) async throws -> Int? {
                try await harness.api(.GET, path, token: token).json?.elements?.count
            }
            #expect(try await count(Self.path + "?page=2") == 5, "no document tells of pages here")
            harness.pbx.addFault(Fault(.smallPages(2), times: nil))
            var counts: [Int?] = []
            for page in 1...4 {
                counts.append(try await count(Self.path + "?page=\(page)"))
            }
            #expect(counts == [2, 2, 1, 0])
            #expect(try await count("/client/@me/extension/?per_page=200") == 2)
        }
    }

    @Test("gzip is used when it is accepted, for small and large answers")
    func gzip() async throws {
        try await SimulatorHarness.run { harness in
            for number in 0..<200 {
                try harness.pbx.addExtension(
                    SimulatedExtension(
                        id: 200_000 + number,
                        clientID: harness.clientID,
                        name: "2566*\(1000 + number)",
                        type: "phone",
                        label: String(repeating: "Ж", count: 300)
                    )
                )
            }
            let token = try await harness.token()
            let path = "/api/ver1.0/client/@me/extension/?per_page=200"
            let packed = try await harness.send(.GET, path, token: token)
            let plain = try await harness.send(.GET, path, token: token, acceptsGzip: false)
            #expect(packed.headers.first(name: "Content-Encoding") == "gzip")
            #expect(plain.headers.first(name: "Content-Encoding") == nil)
            #expect(plain.bytes.count > 2 * Int(UInt16.max))
            #expect(try Gunzip.unpack(packed.received) == plain.bytes)
        }
    }
}
