import NIOCore
import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("What changes on the PBX between two requests", .timeLimit(.minutes(5)))
struct FaultChangeTests {
    private static let path = "/extension/85219/event/"

    private static func row(_ eventType: String) -> JSONValue {
        ["url": "https://host/e", "event_type": .string(eventType), "method": "POST"]
    }

    @Test("an application is revoked, the client's other one is not")
    func revoked() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.addApplication(appID: "b", appSecret: "s", clientID: harness.clientID)
            let token = try await harness.token()
            let other = try await harness.token(appID: "b", appSecret: "s")
            harness.pbx.addFault(Fault(.revokeApplication, appID: SimulatorHarness.appID, method: "POST"))
            #expect(try await harness.api(.GET, Self.path, token: token).status == 200)
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row("answer")).status == 401)
            let form =
                "grant_type=client_credentials&client_id=\(SimulatorHarness.appID)&client_secret=\(SimulatorHarness.appSecret)"
            #expect(try await harness.send(.POST, "/oauth/token", form: form).status == 400)
            #expect(try await harness.api(.POST, Self.path, token: other, json: Self.row("answer")).status == 201)
        }
    }

    @Test("all tokens end, or those of one client")
    func tokensEnd() async throws {
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
            harness.pbx.addFault(Fault(.expireTokens, clientID: 2))
            #expect(try await harness.send(.GET, "/user/", token: other).status == 401)
            #expect(try await harness.send(.GET, "/user/", token: token).status == 200)
            harness.pbx.expireTokens()
            #expect(try await harness.send(.GET, "/user/", token: token).status == 401)
        }
    }

    @Test("other applications use up the budget")
    func budget() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.setRateLimit(10, clientID: harness.clientID)
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.consumeBudget(6), skip: 1))
            var remaining: [String?] = []
            for _ in 0..<3 {
                let reply = try await harness.send(.GET, "/user/", token: token)
                remaining.append(reply.headers.first(name: "X-RateLimit-Remaining"))
            }
            #expect(remaining == ["9", "2", "1"])
            harness.pbx.addFault(Fault(.consumeBudget(1)))
            #expect(try await harness.send(.GET, "/user/", token: token).status == 429)
            #expect(harness.pbx.violations.isEmpty, "nobody could know")
        }
    }

    @Test("others take the last slots, an administrator removes our rows")
    func rows() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row("dial-in")).status == 201)
            harness.pbx.addFault(Fault(.addForeignRows(14), method: "POST", extensionID: 85219))
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row("answer")).status == 201)
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row("hangup")).status == 400)
            harness.pbx.addFault(Fault(.removeOwnRows, method: "GET", extensionID: 85219))
            let list = try await harness.api(.GET, Self.path, token: token)
            #expect(list.json?.elements?.count == 14)
            #expect(harness.pbx.events(of: 85219).allSatisfy { $0.owner == .foreign })
        }
    }

    @Test("a phone becomes an IVR, and goes")
    func extensions() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            _ = try await harness.api(.GET, "/client/@me/extension/", token: token)
            harness.pbx.addFault(Fault(.setExtensionType("ivr"), method: "POST"))
            let refused = try await harness.api(.POST, Self.path, token: token, json: Self.row("answer"))
            #expect(refused.json?["message"]?.text?.contains("ivr-type") == true)
            #expect(harness.pbx.violations.isEmpty, "it was a phone when it was last listed")
            let listed = try await harness.api(.GET, "/client/@me/extension/85219", token: token)
            #expect(listed.json?["type"]?.text == "ivr")
            _ = try await harness.api(.POST, Self.path, token: token, json: Self.row("answer"))
            #expect(harness.pbx.violations.map(\.kind) == [.wrongEventType])
            #expect(try await harness.api(.POST, Self.path, token: token, json: Self.row("hangup")).status == 201)
            harness.pbx.addFault(Fault(.removeExtension, method: "GET", resource: .events))
            #expect(try await harness.api(.GET, Self.path, token: token).status == 404)
            #expect(harness.pbx.allEvents.isEmpty)
        }
    }

    @Test("a second request for the call history while the first is worked on is refused")
    func historyTurns() async throws {
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
            let path = "/client/@me/call_history/"
            let brief = harness.pbx.addFault(
                Fault(.none, clientID: harness.clientID, times: 2, delay: .milliseconds(1))
            )
            for _ in 0..<2 {
                #expect(try await harness.api(.GET, path, token: token).status == 200)
            }
            #expect(harness.pbx.requestsMet(byFault: brief) == 2)
            let long = harness.pbx.addFault(Fault(.none, clientID: harness.clientID, delay: .seconds(600)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await harness.api(.GET, path, token: token, timeout: .minutes(5)) }
                while harness.pbx.requestsMet(byFault: long) == 0 { await Task.yield() }
                let refused = try await harness.api(.GET, path, token: token)
                #expect(refused.status == 429)
                #expect(refused.json?["message"]?.text?.contains("concurrent request not allowed") == true)
                #expect(try await harness.api(.GET, path, token: other).status == 200)
                #expect(try await harness.send(.GET, "/user/", token: token).status == 200)
                group.cancelAll()
            }
        }
    }
}
