import Foundation
import RingmeSimulator
import TestSupport
import Testing

/// Two built servers on one database, and the simulated PBX.
@Suite("Live feed", .serialized, .timeLimit(.minutes(5)))
struct LiveFeedTests {
    private struct LivePage: Decodable {
        struct Message: Decodable {
            var event: String
            var cardID: String
            var userID: String?
        }
        var data: [Message]
        var nextCursor: String
        var skipped: Bool
    }

    private struct CallPage: Decodable {
        struct Call: Decodable {
            var id: String
            var subCallID: String?
            var recordingID: String?
        }
        var data: [Call]
    }

    @Test(
        "events that one server gets are cards at the other; the call's recording comes from the PBX; no address is logged"
    )
    func twoServers() async throws {
        try await Installation.with { installation in
            // The PBX must reach the server, so its port is chosen before it is told its public URL.
            let first = try await installation.startServer()
            let port = first.port
            await first.program.end()
            let server = try await installation.startServer(port: port)
            let environment = ["PUBLIC_URL": "http://127.0.0.1:\(port)"]
            let other = try await installation.startServer(environment: environment)
            let key = try await installation.onboard(server)

            var page: LivePage = try await Self.get("/v1/live", from: other, key: key)
            #expect(page.data.isEmpty)
            _ = try await installation.pbx.simulator.place(.answeredViaIVR, clientID: SimulatedPBX.standardClientID)
            var told: [LivePage.Message] = []
            while told.last?.event != "card.hide" {
                // A cursor holds at whatever server.
                let reader = told.count.isMultiple(of: 2) ? other : server
                page = try await Self.get("/v1/live?wait=30&cursor=\(page.nextCursor)", from: reader, key: key)
                #expect(!page.skipped)
                told += page.data
            }
            #expect(told.map(\.event) == ["card.show", "card.answered", "card.hide"])
            #expect(Set(told.map(\.userID)) == ["u102"])

            try await DurabilityTests.poll {
                let calls: CallPage = try await Self.get("/v1/calls", from: other, key: key)
                return calls.data.count == 1
            }
            let calls: CallPage = try await Self.get("/v1/calls", from: other, key: key)
            let call = try #require(calls.data.first)
            #expect(call.subCallID == told.first?.cardID)
            let recording = try #require(call.recordingID)
            // The client follows the redirect.
            let audio = try await other.send(.get, "/v1/calls/\(call.id)/recording", key: key, expecting: 200)
            #expect(audio.text == "ID3 simulated recording")
            #expect(installation.pbx.pbx.violations == [])
            for server in [server, other] {
                #expect(await server.program.end() == 0)
                #expect(!server.program.log.contains("/storage/\(recording.lowercased())"))
            }
        }
    }

    private static func get<Page: Decodable>(_ path: String, from server: Server, key: String) async throws -> Page {
        let answer = try await server.send(.get, path, key: key, expecting: 200)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .custom { keys in
            let name = keys.last?.stringValue ?? ""
            let words = name.split(separator: "_").map(String.init)
            let rest = words.dropFirst().map { $0 == "id" ? "ID" : $0.capitalized }
            return Name(stringValue: (words.prefix(1) + rest).joined())
        }
        return try decoder.decode(Page.self, from: answer.body)
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
