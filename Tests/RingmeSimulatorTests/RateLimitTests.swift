import NIOHTTP1
import Testing

@testable import RingmeSimulator

@Suite("The hourly request budget", .timeLimit(.minutes(5)))
struct RateLimitTests {
    @Test("each answer tells what is left; then 429 until the window has passed")
    func budget() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.setRateLimit(3, clientID: harness.clientID)
            let token = try await harness.token()
            for left in [2, 1, 0] {
                let reply = try await harness.send(.GET, "/user/", token: token)
                #expect(reply.status == 200)
                #expect(reply.headers.first(name: "X-RateLimit-Limit") == "3")
                #expect(reply.headers.first(name: "X-RateLimit-Remaining") == String(left))
            }
            let refused = try await harness.send(.GET, "/user/", token: token)
            #expect(refused.status == 429)
            #expect(refused.json?["status"]?.text == "rate_limit_exceeded")
            let reset = try #require(refused.headers.first(name: "X-RateLimit-Reset").flatMap { Int($0) })
            #expect((3590...3600).contains(reset))
            harness.pbx.advanceClock(by: .seconds(reset))
            let again = try await harness.token()
            #expect(try await harness.send(.GET, "/user/", token: again).status == 200)
        }
    }

    @Test("the applications of a client share its budget, another client has its own")
    func sharing() async throws {
        try await SimulatorHarness.run { harness in
            let pbx = harness.pbx
            try pbx.addApplication(appID: "second", appSecret: "s", clientID: harness.clientID)
            try pbx.seedStandardClient(appID: "b", appSecret: "s", clientID: 2, prefix: "3777", idOffset: 10_000)
            try pbx.setRateLimit(2, clientID: harness.clientID)
            let tokens = [
                try await harness.token(), try await harness.token(appID: "second", appSecret: "s"),
                try await harness.token(appID: "b", appSecret: "s"),
            ]
            #expect(try await harness.send(.GET, "/user/", token: tokens[0]).status == 200)
            #expect(try await harness.send(.GET, "/user/", token: tokens[1]).status == 200)
            #expect(try await harness.send(.GET, "/user/", token: tokens[0]).status == 429)
            #expect(try await harness.send(.GET, "/user/", token: tokens[2]).status == 200)
        }
    }

    @Test("a client that was told to wait and does not is defiant; one that could not know is not")
    func defiance() {
        var told = RateWindow(limit: 1)
        #expect(told.admit(at: 0) == (.admitted, false))
        #expect(told.admit(at: 100_000) == (.refused, false), "it may have been on its way")
        #expect(told.admit(at: 1_000_000) == (.refused, true))
        #expect(told.admit(at: 3_600_000_000) == (.admitted, false))

        var surprised = RateWindow(limit: 10)
        #expect(surprised.admit(at: 0) == (.admitted, false))
        surprised.consume(9, at: 1)
        #expect(surprised.admit(at: 5_000_000) == (.refused, false), "other applications took the rest")
        #expect(surprised.admit(at: 6_000_000) == (.refused, true))
    }

    @Test("who goes on in small steps, or while the clock stands still, is defiant too")
    func persistence() {
        for step in [0, 100_000] as [Int64] {
            var window = RateWindow(limit: 1)
            let isDefiant = (0..<12).map { window.admit(at: $0 * step).isDefiant }
            #expect(isDefiant.first == false)
            #expect(isDefiant.last == true, "every \(step) µs")
        }
    }

    @Test("Reset counts down to the end of the window, where the next one begins")
    func reset() {
        var window = RateWindow(limit: 5)
        #expect(window.resetSeconds(at: 0) == 3600)
        _ = window.admit(at: 0)
        #expect(window.resetSeconds(at: 1) == 3600)
        #expect(window.resetSeconds(at: 3_599_500_000) == 1)
        #expect(window.remaining(at: 3_599_500_000) == 4)
        #expect(window.remaining(at: 3_600_000_000) == 5)
        #expect(window.resetSeconds(at: 4_000_000_000) == 3200, "the second window runs since 3600")
        _ = window.admit(at: 4_000_000_000)
        #expect(window.remaining(at: 7_199_999_999) == 4)
        #expect(window.remaining(at: 7_200_000_000) == 5)
    }
}
