import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("The request log", .timeLimit(.minutes(5)))
struct RequestLogTests {
    @Test("requests are counted by kind, for each client, and forgotten when asked")
    func counts() async throws {
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
            try await harness.subscribe(85219, ["dial-in", "hangup"], url: "https://host/e/1", token: token)
            _ = try await harness.api(.GET, "/extension/85219/event/", token: token)
            _ = try await harness.api(.GET, "/extension/95219/event/", token: other)
            harness.pbx.addFault(Fault(.rateLimited(resetSeconds: 9)))
            _ = try await harness.send(.GET, "/user/", token: token)
            let counts = harness.pbx.requestCounts(clientID: harness.clientID)
            #expect(counts["POST", .events] == 2)
            #expect(counts["GET", .events] == 1)
            #expect(counts["DELETE", .event] == 0)
            #expect(counts["POST", .token] == 1)
            #expect(counts.budgeted == 4)
            #expect(counts.writes == 2)
            #expect(counts.rateLimited == 1)
            #expect(harness.pbx.requestCounts()["GET", .events] == 2)
            harness.pbx.clearRequestLog()
            #expect(harness.pbx.requestCounts().byKind.isEmpty)
        }
    }

    @Test("over HTTP the log, its counts and the violations are narrowed by a query")
    func queries() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            try await harness.subscribe(85219, ["dial-in", "hangup"], url: "https://host/e/1", token: token)
            try await harness.subscribe(85220, ["hangup"], url: "https://host/e/2", token: token)
            for extensionID in [85219, 85220] {
                _ = try await harness.api(.DELETE, "/extension/\(extensionID)/event/", token: token)
            }
            func rows(_ path: String) async throws -> Int? {
                try await harness.send(.GET, "/_sim/" + path).json?.elements?.count
            }
            #expect(try await rows("log?method=POST&resource=events") == 3)
            #expect(try await rows("log?extension_id=85220&status=201") == 1)
            #expect(try await rows("log?client_id=1") == 0)
            #expect(try await rows("violations?kind=bulk_delete&extension_id=85219") == 1)
            let counts = try await harness.send(.GET, "/_sim/counts?extension_id=85219")
            #expect(counts.json?["budgeted"]?.whole == 3)
            #expect(counts.json?["writes"]?.whole == 3)
            let kinds = counts.json?["by_kind"]?.elements?.map { kind in
                "\(kind["method"]?.text ?? "") \(kind["resource"]?.text ?? "") \(kind["count"]?.whole ?? 0)"
            }
            #expect(kinds == ["DELETE events 1", "POST events 2"])
        }
    }
}
