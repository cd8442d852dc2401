import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Call history and recordings", .timeLimit(.minutes(5)))
struct CallHistoryTests {
    @Test("a played call is in the history, in upper case, and found by its lower-case id")
    func history() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let call = try await harness.simulator.place(.ringAll, clientID: harness.clientID)
            _ = try await harness.simulator.place(.outgoingBusy, clientID: harness.clientID)
            let list = try await harness.api(.GET, "/client/@me/call_history/?flow=in", token: token)
            #expect(list.json?["call_history"]?.elements?.count == 1)
            let one = try await harness.api(.GET, "/client/@me/call_history/\(call.callID)", token: token)
            #expect(one.json?["call_uuid"]?.text == call.callID.uppercased())
            #expect(one.json?["bridged"]?.truth == true)
            #expect(one.json?["bridged_duration"]?.whole == 48, "seconds here, microseconds in webhooks")
            #expect(one.json?["cdr"]?.elements?.count == 3)
            let future = try await harness.api(
                .GET,
                "/client/@me/call_history/?start_datetime=2999-01-01%2000:00:00",
                token: token
            )
            #expect(future.json?["call_history"]?.elements?.isEmpty == true)
            #expect(try await harness.api(.GET, "/client/@me/call_history/none", token: token).status == 404)
        }
    }

    @Test("a recording that the hangup did not tell of is in the history, and can be fetched without a token")
    func lateRecording() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let call = try await harness.simulator.place(.recordingLate, clientID: harness.clientID)
            let one = try await harness.api(.GET, "/client/@me/call_history/\(call.callID)", token: token)
            let record = try #require(one.json?["cdr"]?[0]?["record_uuid"]?.text)
            for path in ["/client/@me/record/\(record)/storage_url/", "/extension/85219/record/\(record)/storage_url"] {
                let reply = try await harness.api(.GET, path, token: token)
                let url = try #require(reply.json?["record_url"]?.text)
                try #require(url.hasPrefix(harness.baseURL))
                let audio = try await harness.send(.GET, String(url.dropFirst(harness.baseURL.count)))
                #expect(audio.headers.first(name: "Content-Type") == "audio/mpeg")
            }
            let gone = try await harness.api(.GET, "/client/@me/record/85219-0/storage_url/", token: token)
            #expect(gone.status == 404)
            let list = try await harness.api(.GET, "/client/@me/record/", token: token)
            #expect(list.json?.elements?.count == 1)
        }
    }
}
