import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("One clock for the whole PBX", .timeLimit(.minutes(5)))
struct ClockTests {
    /// 2026-01-02 03:04:05 UTC.
    private static let start: Int64 = 1_767_323_045_000_000

    @Test("a clock stands still, is set and advanced")
    func standing() {
        let clock = SimulatedClock(standingAt: Self.start)
        #expect(clock.now == Self.start)
        clock.advance(by: .seconds(90))
        #expect(clock.now == Self.start + 90_000_000)
        clock.set(to: 5)
        #expect(clock.now == 5)
        let running = SimulatedClock()
        running.set(to: 1_000_000)
        #expect(running.now >= 1_000_000)
        #expect(running.now < Self.start)
    }

    @Test("windows begin where the last one ended, tokens live an hour, the history tells the clock's time")
    func everythingFollows() async throws {
        let clock = SimulatedClock(standingAt: Self.start)
        let configuration = SimulatorConfiguration(seed: 7, clock: clock)
        try await SimulatorHarness.run(configuration: configuration) { harness in
            func ask(_ token: String) async throws -> [String] {
                let reply = try await harness.send(.GET, "/user/", token: token)
                return [String(reply.status)]
                    + ["Remaining", "Reset"].compactMap { reply.headers.first(name: "X-RateLimit-" + $0) }
            }
            try harness.pbx.setRateLimit(5, clientID: harness.clientID)
            let token = try await harness.token()
            #expect(try await ask(token) == ["200", "4", "3600"])
            clock.advance(by: .seconds(3599))
            #expect(try await ask(token) == ["200", "3", "1"])
            clock.advance(by: .milliseconds(999))
            #expect(try await ask(token) == ["200", "2", "1"])
            clock.advance(by: .milliseconds(1))
            #expect(try await ask(token) == ["401"], "the token's hour is over")
            let second = try await harness.token()
            clock.advance(by: .seconds(600))
            #expect(try await ask(second) == ["200", "4", "3000"])
            let call = try await harness.simulator.place(.answeredViaIVR, clientID: harness.clientID)
            let one = try await harness.api(.GET, "/client/@me/call_history/\(call.callID)", token: second)
            #expect(one.json?["hangup_time_gmt"]?.text == "2026-01-02 04:14:05")
            #expect(harness.pbx.requestLog.last?.at == Self.start + 4_200_000_000)
        }
    }

    @Test("over HTTP the clock is read, set and advanced; a reset puts it back")
    func overHTTP() async throws {
        let clock = SimulatedClock(standingAt: Self.start)
        try await SimulatorHarness.run(configuration: SimulatorConfiguration(clock: clock)) { harness in
            func now(_ method: HTTPMethod, _ json: JSONValue? = nil) async throws -> Int? {
                try await harness.send(method, "/_sim/clock", json: json).json?["now"]?.whole
            }
            let untouched = try await now(.GET)
            #expect(untouched == Int(Self.start))
            #expect(try await now(.POST, ["advance_seconds": 10]) == Int(Self.start) + 10_000_000)
            #expect(try await now(.POST, ["now": 12]) == 12)
            #expect(try await now(.POST, [:]) == nil)
            #expect(try await harness.send(.POST, "/_sim/reset").status == 204)
            #expect(try await now(.GET) == Int(Self.start))
        }
    }
}
