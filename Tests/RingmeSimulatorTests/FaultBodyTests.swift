import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Faults of what goes on the wire", .timeLimit(.minutes(5)))
struct FaultBodyTests {
    private static let row: JSONValue = ["url": "https://host/e/1", "event_type": "hangup", "method": "POST"]
    private static let path = "/api/ver1.0/extension/85219/event/"

    @Test("broken gzip: the row is made, the answer cannot be unpacked")
    func brokenGzip() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.brokenGzip, method: "POST", resource: .events))
            let reply = try await harness.send(.POST, Self.path, token: token, json: Self.row, unpacks: false)
            #expect(reply.status == 201)
            #expect(reply.headers.first(name: "Content-Encoding") == "gzip")
            #expect(try Gunzip.unpack(reply.received) == nil)
            #expect(harness.pbx.events(of: 85219).count == 1)
            let sound = try await harness.send(.GET, Self.path, token: token, unpacks: false)
            #expect(try Gunzip.unpack(sound.received) != nil)
        }
    }

    @Test("a gzip bomb is small, sound, and large when unpacked", arguments: [1, 1000, 20_000_000])
    func gzipBomb(size: Int) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.gzipBomb(size), resource: .events))
            let reply = try await harness.send(.GET, Self.path, token: token, unpacks: false)
            #expect(reply.headers.first(name: "Content-Encoding") == "gzip")
            #expect(reply.received.count < size / 150 + 64)
            let unpacked = try #require(try Gunzip.unpack(reply.received))
            #expect(unpacked.count >= size)
        }
    }

    @Test("an over-long body does not say how long it is")
    func overlongBody() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(.overlongBody(10_000_000), resource: .events))
            let reply = try await harness.send(.GET, Self.path, token: token)
            #expect(reply.status == 200)
            #expect(reply.headers.first(name: "Content-Length") == nil)
            #expect(reply.bytes.count == 10_000_002)
            #expect(reply.json == .array([]), "whoever reads it whole takes it for an empty list")
        }
    }

    @Test("a redirect names its location", arguments: [301, 302, 307, 308])
    func redirect(status: Int) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            harness.pbx.addFault(Fault(Fault.redirect(to: harness.baseURL + "/user/", status: status)))
            let reply = try await harness.send(.POST, Self.path, token: token, json: Self.row)
            #expect(reply.status == status)
            #expect(reply.headers.first(name: "Location") == harness.baseURL + "/user/")
            #expect(harness.pbx.events(of: 85219).isEmpty)
        }
    }
}
