import Logging
import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import RingmeAPI
@testable import Workers

/// Extensions whose subscriptions are right and that send nothing although the PBX has calls of them.
@Suite("Silence detector", .timeLimit(.minutes(5)))
struct SilenceDetectorTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219

    /// A phone that has been active for two days; its calls do not reach us, since nobody listens at the public URL.
    private static func with(_ body: (World, SilenceDetector) async throws -> Void) async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1"), (85_218, "u2")])
            try await world.reconcile()
            try await world.script("UPDATE subscription_states SET active_since = now() - interval '2 days'")
            let gateway = PBXGateway(
                http: world.http,
                defaultURL: world.pbx.url,
                database: world.database,
                keyRing: world.keyRing,
                logger: ReconcilerTests.logger
            )
            let detector = SilenceDetector(database: world.database, gateway: gateway, logger: ReconcilerTests.logger)
            try await body(world, detector)
        }
    }

    private static func silent(_ world: World) async throws -> [OpenedProblem] {
        try await world.problems().filter { $0.problem.code == .silentExtension }
    }

    @Test("silence is a problem when the PBX has calls, is asked for once in six hours, and ends with an event")
    func silence() async throws {
        try await Self.with { world, detector in
            let start = try await world.count(ReadMicroseconds())
            let histories = { world.pbx.pbx.requestLog.count { $0.resource == .callHistory } }
            #expect(try await detector.detectDue() == 1)
            #expect(try await Self.silent(world).isEmpty)
            #expect(histories() == 1)
            let call = try await world.pbx.simulator.place("S01", clientID: SimulatedPBX.standardClientID)
            #expect(call.events.contains { $0.extensionID == Self.phone })
            #expect(try await detector.detectDue() == 0)

            // The call is younger than an event may be late.
            try await world.script("UPDATE silence_checks SET due_at = now()")
            #expect(try await detector.detectDue() == 1)
            #expect(try await Self.silent(world).isEmpty)
            // Twenty minutes later.
            let later = Timestamp(microseconds: start) + .seconds(1200)
            try await world.script("UPDATE silence_checks SET due_at = now()")
            #expect(try await detector.detectDue(now: later) == 1)
            let problem = try #require(try await Self.silent(world).first)
            #expect(problem.extensionID?.rawValue == Int64(Self.phone))
            #expect(try JSONSerializer.object(problem.problem.data)?["calls"] == .number(1))
            #expect(try await Self.silent(world).count == 1)
            // Six hours' pause; two processes at once.
            #expect(try await detector.detectDue(now: later) == 0)
            #expect(histories() == 3)

            // The history that cannot be read changes nothing, and a used-up budget sends nothing.
            _ = world.pbx.pbx.addFault(Fault(Fault.internalError, method: "GET", resource: .callHistory))
            try await world.script("UPDATE silence_checks SET due_at = now()")
            #expect(try await detector.detectDue(now: later) == 1)
            #expect(try await Self.silent(world).count == 1)
            world.pbx.pbx.clearFaults()
            try await world.script("UPDATE silence_checks SET due_at = now(); UPDATE pbx_budgets SET remaining = 200")
            let before = histories()
            #expect(try await detector.detectDue(now: later) == 1)
            #expect(histories() == before)
            #expect(try await Self.silent(world).count == 1)

            // An event comes.
            try await world.script("UPDATE extensions SET last_event_at = clock_timestamp() WHERE extension_id = 85219")
            _ = try await detector.detectDue(now: later)
            #expect(try await Self.silent(world).isEmpty)
        }
    }

    @Test("an extension that is active for less than a day, or has sent something, costs no request")
    func noCandidates() async throws {
        try await Self.with { world, detector in
            try await world.script("UPDATE subscription_states SET active_since = now() - interval '23 hours'")
            #expect(try await detector.detectDue() == 0)
            try await world.script("UPDATE subscription_states SET active_since = now() - interval '2 days'")
            try await world.script("UPDATE extensions SET last_event_at = now()")
            #expect(try await detector.detectDue() == 0)
            #expect(world.pbx.pbx.requestLog.allSatisfy { $0.resource != .callHistory })
            // A run that finds all right keeps the instant, one that fails ends it.
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.count(CountActiveLong()) == 2)
            try await world.script("UPDATE subscription_states SET state = 'failed' WHERE extension_id = 85219")
            try await world.script("UPDATE subscription_states SET state = 'active' WHERE extension_id = 85219")
            #expect(try await world.count(CountActiveLong()) == 1)
        }
    }

    @Test("what the history says decides: calls after the last event and after the subscription, ended long enough ago")
    func judgement() throws {
        func at(_ minutes: Int) -> Timestamp { Timestamp(microseconds: 1_700_000_000_000_000) + .seconds(minutes * 60) }
        func text(_ instant: Timestamp) -> String {
            instant.rfc3339.replacing("T", with: " ").replacing("Z", with: "")
        }
        func call(_ from: Int, _ to: Int, of extensionID: Int64 = 85_219) -> PBXCall {
            PBXCall(
                callID: "c",
                flow: "in",
                extensionID: extensionID,
                isBridged: true,
                result: nil,
                startedAt: text(at(from)),
                endedAt: text(at(to)),
                durationSeconds: nil,
                legs: []
            )
        }
        let id = ExtensionID(rawValue: 85_219)
        func judge(_ calls: [PBXCall], lastEvent: Int? = nil, active: Int = 0) -> Problem? {
            let quiet = QuietExtension(
                extensionID: id,
                lastEventAt: lastEvent.map(at),
                activeSince: at(active)
            )
            return SilenceDetector.silent([quiet], in: calls, until: at(100))[id]
        }
        #expect(judge([]) == nil)
        #expect(judge([call(10, 11)])?.code == .silentExtension)
        #expect(judge([call(10, 11, of: 85_218)]) == nil)
        #expect(judge([call(10, 11)], lastEvent: 12) == nil)
        #expect(judge([call(10, 13)], lastEvent: 12) != nil)
        #expect(judge([call(10, 11)], active: 10) == nil)
        #expect(judge([call(99, 101)]) == nil)
        let problem = try #require(judge([call(10, 11), call(20, 21), call(99, 101)], lastEvent: 5))
        let data = try #require(try JSONSerializer.object(problem.data))
        #expect(data["calls"] == .number(2))
        #expect(data["last_call_at"] == .text(at(21).rfc3339))
        #expect(data["last_event_at"] == .text(at(5).rfc3339))
    }
}

/// The database's clock in microseconds since 1970-01-01 UTC.
private struct ReadMicroseconds: Statement {
    static let sql: StaticString = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8"
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

/// Extensions that have been active for a day.
private struct CountActiveLong: Statement {
    static let sql: StaticString = """
        SELECT count(*) FROM subscription_states WHERE active_since < now() - interval '1 day'
        """
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
