import Foundation
import TestSupport
import Testing

/// `ringbridge simulate call` against a running server.
@Suite("Simulated calls", .timeLimit(.minutes(5)))
struct SimulateTests {
    private struct Page: Decodable {
        struct Call: Decodable {
            struct Extension: Decodable { var id: Int }
            var direction: String
            var status: String
            var userId: String?
            var `extension`: Extension
            var clientNumber: String
            var durationUs: Int
            var partial: Bool
            var flags: [String]
            var rule: String
        }
        var data: [Call]
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    @Test("each scenario becomes the record that it says, as the PBX's own events do")
    func scenarios() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let key = try await installation.onboard(server)
            // The URL is the server's, whatever PUBLIC_URL was when the PBX was told.
            let environment = [
                "DATABASE_URL": installation.databaseURL("ringbridge_server"), "PUBLIC_URL": server.url,
                "MASTER_KEYS": "k1:" + String(repeating: "A", count: 43) + "=",
            ]
            let expected: [(scenario: String, record: String)] = [
                ("incoming-answered", "incoming answered u101 85218 61000000"),
                ("missed-in-queue", "incoming missed - 96857 0"),
                ("outgoing-answered", "outgoing answered u101 85218 45000000"),
                ("outgoing-busy", "outgoing busy u101 85218 0"),
            ]
            for (scenario, record) in expected {
                let run = try BuiltProgram(
                    "ringbridge",
                    ["simulate", "call", "--tenant", "807", "--scenario", scenario, "--json"],
                    environment: environment
                )
                let output = await run.remainingLines().joined(separator: "\n")
                #expect(await run.exitStatus() == 0, "\(run.log)")
                struct Result: Decodable { var callId: String }
                let callID = try Self.decoder.decode(Result.self, from: Data(output.utf8)).callId
                #expect(callID.hasPrefix("ringbridge-simulated-"))
                var calls: [Page.Call] = []
                try await DurabilityTests.poll {
                    let answer = try await server.send(.get, "/v1/calls?call_id=\(callID)", key: key, expecting: 200)
                    calls = try Self.decoder.decode(Page.self, from: answer.body).data
                    return !calls.isEmpty
                }
                let call = try #require(calls.first)
                let fields = [
                    call.direction, call.status, call.userId ?? "-", "\(call.extension.id)", "\(call.durationUs)",
                ]
                #expect(fields.joined(separator: " ") == record, "\(scenario)")
                #expect(call.clientNumber.hasPrefix("+120255501"))
                #expect(!call.partial && call.flags.isEmpty, "\(scenario): \(call)")
            }

            let phone = try BuiltProgram(
                "ringbridge",
                ["simulate", "call", "--tenant", "807", "--phone", "85219", "--url", server.url + "/"],
                environment: environment
            )
            #expect(await phone.exitStatus() == 0, "\(phone.log)")
            let explain = try #require(await phone.remainingLines().last)
            #expect(explain.contains("ringbridge explain --tenant 807 --call-id ringbridge-simulated-"))
            await server.program.end()

            let token = String(try installation.eventPath(of: 85_218).suffix(32))
            let failures: [(arguments: [String], text: String)] = [
                (["--tenant", "808"], #"there is no tenant "808""#),
                (["--tenant", "807", "--phone", "1"], "has no mapped phone 1; map one first"),
                (["--tenant", "807"], "no server answers at \(server.url); start it, or give --url"),
                (["--tenant", "807", "--url", installation.pbx.url], "is it the one of this database?"),
            ]
            for (arguments, text) in failures {
                let run = try BuiltProgram("ringbridge", ["simulate", "call"] + arguments, environment: environment)
                #expect(await run.exitStatus() == 1)
                #expect(run.log.contains(text), "\(run.log)")
                #expect(!run.log.contains(token))
            }
        }
    }
}
