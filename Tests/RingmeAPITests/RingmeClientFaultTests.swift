import RingmeSimulator
import Telephony
import Testing

@testable import RingmeAPI

@Suite("The client against a PBX that misbehaves", .timeLimit(.minutes(5)))
struct RingmeClientFaultTests {
    private let phone = ExtensionID(rawValue: 85_219)
    private let url = "https://crm.example/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"

    /// What a list request gets and what it means.
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var action: Fault.Action
        var code: PBXError.Code

        var testDescription: String { self.name }
    }

    static let rows = [
        Row(name: "HTML with status 200", action: Fault.html, code: .unparsable),
        Row(name: "an empty body", action: Fault.emptyBody, code: .unparsable),
        Row(name: "JSON that breaks off", action: Fault.brokenJSON, code: .unparsable),
        Row(
            name: "an object in place of a list",
            action: .answer(status: 200, body: #"{"message":"ok"}"#, contentType: "application/json"),
            code: .unparsable
        ),
        Row(
            name: "a body beyond the bound",
            action: .answer(
                status: 200,
                body: "[" + String(repeating: " ", count: 9 << 20) + "]",
                contentType: "application/json"
            ),
            code: .unparsable
        ),
        Row(name: "an error of the server", action: Fault.internalError, code: .unavailable),
        Row(name: "no rights", action: Fault.accessDenied, code: .accessDenied),
        Row(
            name: "a web server's 404",
            action: .answer(status: 404, body: "<html>nginx</html>", contentType: "text/html"),
            code: .unparsable
        ),
        Row(
            name: "a redirect",
            action: .answer(status: 302, body: "", contentType: "text/html"),
            code: .refused(status: 302)
        ),
        Row(
            name: "429 with a reset",
            action: .rateLimited(resetSeconds: 3_599),
            code: .rateLimited(retryAfter: .seconds(3_599))
        ),
        Row(name: "429 without a reset", action: .rateLimited(resetSeconds: nil), code: .rateLimited(retryAfter: nil)),
        Row(name: "429 of a concurrent request", action: .concurrentRequest, code: .concurrentRequest),
        Row(name: "a closed connection", action: .closeConnection, code: .unavailable),
    ]

    @Test("a list that fails is an error with its meaning, asked for once", arguments: rows)
    func listFaults(row: Row) async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(row.action, resource: .events, times: nil))
            let error = await #expect(throws: PBXError.self) { try await harness.client.events(of: self.phone) }
            #expect(error?.code == row.code)
            #expect(error?.outcomeUnknown == false)
            #expect(harness.requests.count == 2)
        }
    }

    @Test("a 401 costs one new token and one repetition")
    func renewedToken() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(Fault.unauthorized, resource: .events))
            let rows = try await harness.client.events(of: self.phone)
            #expect(rows.isEmpty)
            #expect(
                harness.requests == ["POST token 200", "GET events 401", "POST token 200", "GET events 200"]
            )
        }
    }

    @Test("a second 401 is the answer")
    func rejectedTwice() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(Fault.unauthorized, resource: .events, times: nil))
            let error = await #expect(throws: PBXError.self) { try await harness.client.events(of: self.phone) }
            #expect(error?.code == .unauthorized)
            #expect(error?.operation == .listEvents)
            #expect(
                harness.requests == ["POST token 200", "GET events 401", "POST token 200", "GET events 401"]
            )
        }
    }

    @Test("when all tokens expire, many tasks get one new token together")
    func expiredTokens() async throws {
        try await withSimulatedPBX { harness in
            _ = try await harness.client.events(of: self.phone)
            harness.pbx.expireTokens(clientID: 10_500)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try await harness.client.events(of: self.phone) }
                }
                try await group.waitForAll()
            }
            #expect(harness.requests.filter { $0.hasPrefix("POST token") }.count == 2)
            #expect(harness.requests.filter { $0 == "GET events 200" }.count == 21)
        }
    }

    @Test("wrong credentials are unauthorized, whatever status the PBX has for that")
    func wrongCredentials() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.makeClient(appSecret: "hunter2")
            let error = await #expect(throws: PBXError.self) { try await client.events(of: self.phone) }
            #expect(error?.code == .unauthorized)
            #expect(error?.operation == .token)
            #expect(error?.message == "invalid_client")
            #expect(error?.isRetryable == false)
            #expect(error.map { "\($0)".contains("hunter2") } == false)
            #expect(harness.requests == ["POST token 400"])
        }
    }

    @Test("a token endpoint that answers no token is not taken for a missing resource")
    func tokenEndpointFails() async throws {
        try await withSimulatedPBX { harness in
            for (action, code) in [
                (Fault.html, .unparsable), (Fault.internalError, .unavailable),
                (
                    .answer(status: 404, body: #"{"message":"Not found"}"#, contentType: "application/json"),
                    .refused(status: 404)
                ),
            ] as [(Fault.Action, PBXError.Code)] {
                _ = harness.pbx.addFault(Fault(action, resource: .token))
                let error = await #expect(throws: PBXError.self) {
                    try await harness.client.deleteEvent(of: self.phone, id: 1)
                }
                #expect(error?.code == code)
                #expect(error?.operation == .token)
            }
        }
    }

    @Test("a POST that times out after it was done has an unknown outcome")
    func createTimesOut() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.makeClient(timeout: .seconds(4))
            _ = try await client.events(of: self.phone)
            _ = harness.pbx.addFault(Fault(.performThenHang(.seconds(50)), method: "POST", resource: .events))
            let error = await #expect(throws: PBXError.self) {
                try await client.createEvent(of: self.phone, type: "hangup", url: self.url, method: "POST")
            }
            #expect(error?.code == .timedOut)
            #expect(error?.outcomeUnknown == true)
            #expect(error?.isRetryable == true)
            #expect(harness.pbx.events(of: 85_219).map(\.url) == [self.url])
        }
    }

    @Test("a POST whose connection breaks after it was done has an unknown outcome, and is not sent again")
    func createLosesConnection() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(.performThenClose, method: "POST", resource: .events))
            let error = await #expect(throws: PBXError.self) {
                try await harness.client.createEvent(of: self.phone, type: "hangup", url: self.url, method: "POST")
            }
            #expect(error?.code == .unavailable)
            #expect(error?.outcomeUnknown == true)
            #expect(harness.pbx.events(of: 85_219).count == 1)
            #expect(harness.requests.filter { $0.hasPrefix("POST events") }.count == 1)
        }
    }

    @Test("a POST answered with something else than a row has an unknown outcome")
    func createAnsweredWithHTML() async throws {
        try await withSimulatedPBX { harness in
            _ = harness.pbx.addFault(Fault(Fault.html, method: "POST", resource: .events))
            let error = await #expect(throws: PBXError.self) {
                try await harness.client.createEvent(of: self.phone, type: "hangup", url: self.url, method: "POST")
            }
            #expect(error?.code == .unparsable)
            #expect(error?.outcomeUnknown == true)
        }
    }

    @Test("a GET that times out is known to have changed nothing")
    func listTimesOut() async throws {
        try await withSimulatedPBX { harness in
            let client = harness.makeClient(timeout: .seconds(4))
            _ = try await client.currentUser()
            _ = harness.pbx.addFault(Fault(.hang(.seconds(50)), resource: .events))
            let error = await #expect(throws: PBXError.self) { try await client.events(of: self.phone) }
            #expect(error?.code == .timedOut)
            #expect(error?.outcomeUnknown == false)
        }
    }

    @Test("a cancelled task ends at once and says so")
    func cancellation() async throws {
        try await withSimulatedPBX { harness in
            let id = harness.pbx.addFault(Fault(.hang(.seconds(50)), resource: .events))
            let task = Task { try await harness.client.events(of: self.phone) }
            while harness.pbx.requestsMet(byFault: id) == 0 {
                await Task.yield()
            }
            task.cancel()
            let error = await #expect(throws: PBXError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    @Test("a PBX that does not listen is unavailable, without waiting for the time-out")
    func connectionRefused() async throws {
        try await withSimulatedPBX { harness in
            // Port 1 of the loopback interface has no listener on any machine that runs tests.
            let client = RingmeClient(
                endpoint: PBXEndpoint(baseURL: "http://127.0.0.1:1"),
                credentials: PBXCredentials(appID: "a", appSecret: "b"),
                http: harness.http
            )
            let started = ContinuousClock.now
            let error = await #expect(throws: PBXError.self) { try await client.currentUser() }
            #expect(error?.code == .unavailable)
            #expect(started.duration(to: .now) < .seconds(5))
        }
    }

    @Test("the rate limit of every answer is reported, errors included, and the token endpoint has none")
    func rateLimits() async throws {
        try await withSimulatedPBX { harness in
            try harness.pbx.setRateLimit(3, clientID: 10_500)
            for _ in 0..<3 {
                _ = try await harness.client.events(of: self.phone)
            }
            let error = await #expect(throws: PBXError.self) { try await harness.client.events(of: self.phone) }
            let limits = harness.rateLimits.values
            #expect(limits.map(\.limit) == [3, 3, 3, 3])
            #expect(limits.map(\.remaining) == [2, 1, 0, 0])
            let reset = try #require(limits.last?.resetSeconds)
            #expect((3_500...3_600).contains(reset))
            #expect(error?.code == .rateLimited(retryAfter: .seconds(reset)))
            #expect(error?.vendorStatus == "rate_limit_exceeded")
        }
    }

    @Test("the log has a line for every request, and neither secret nor token nor event URL")
    func logging() async throws {
        try await withSimulatedPBX { harness in
            let row = try await harness.client.createEvent(
                of: self.phone,
                type: "hangup",
                url: self.url,
                method: "POST"
            )
            _ = harness.pbx.addFault(Fault(.closeConnection, resource: .events))
            await #expect(throws: PBXError.self) { try await harness.client.events(of: self.phone) }
            try await harness.client.deleteEvent(of: self.phone, id: row.id)
            let lines = harness.logLines.values
            #expect(lines.count == 3)
            #expect(lines[1].contains("list_events"))
            #expect(lines[1].contains("unavailable"))
            for secret in [SimulatedPBXHarness.appSecret, "f2a8vdrf", "ext-event", "Bearer", "http"] {
                #expect(!lines.contains { $0.contains(secret) })
            }
        }
    }

    @Test("every request accepts gzip, and packed answers are read")
    func compression() async throws {
        try await withSimulatedPBX { harness in
            let extensions = try await harness.client.extensions()
            #expect(extensions.count == 6)
            #expect(!harness.pbx.violations.contains { $0.kind == .gzipNotAccepted })
        }
    }
}
