import Logging
import Testing

@testable import RingmeSimulator

@Suite("Wire formats and life cycle")
struct WireTests {
    @Test(
        "form text",
        arguments: [
            ("+79161112233", "%2B79161112233"), ("2566*102", "2566%2A102"), ("a b&c=d", "a+b%26c%3Dd"),
            ("Жук", "%D0%96%D1%83%D0%BA"), ("x-y_z.0", "x-y_z.0"), ("", ""), ("50%", "50%25"),
        ]
    )
    func form(value: String, encoded: String) {
        #expect(FormEncoding.encode([FormField("n", value)]) == "n=" + encoded)
        #expect(FormEncoding.decode("n=" + encoded) == [FormField("n", value)])
    }

    @Test("broken percent signs stand for themselves")
    func brokenPercent() {
        #expect(
            FormEncoding.decode("a=%zz&b=%4&c") == [FormField("a", "%zz"), FormField("b", "%4"), FormField("c", "")]
        )
    }

    @Test(
        "paths",
        arguments: [
            ("/oauth/token", Resource.token), ("/user/", .user), ("/api/ver1.0/user", .user),
            ("/api/ver1.0/client/@me/extension/", .extensions(client: "@me")),
            ("/api/ver1.0/client/7/extension/9", .extensionItem(client: "7", extension: "9")),
            ("/api/ver1.0/extension/9/event/", .events(extension: "9")),
            ("/api/ver1.0/extension/%40200/event/77", .event(extension: "@200", id: 77)),
            ("/api/ver1.0/extension/9/event/x", .unknown),
            ("/api/ver1.0/client/7/agent/local/", .agents(client: "7")),
            ("/api/ver1.0/client/7/agent/local/3/event/", .agentEvents(client: "7", agent: 3)),
            ("/api/ver1.0/client/7/agent/local/3/event/4", .agentEvent(client: "7", agent: 3, id: 4)),
            ("/api/ver1.0/client/7/call_history/AB", .callHistoryItem(client: "7", callID: "AB")),
            (
                "/api/ver1.0/extension/9/record/r/storage_url/",
                .recordStorage(client: nil, extension: "9", record: "r")
            ),
            ("/extension/9/event/", .unknown), ("/", .unknown), ("/api/ver1.0/client", .unknown),
        ] as [(String, Resource)]
    )
    func paths(path: String, resource: Resource) {
        #expect(Resource(segments: APIRequest(method: "get", path: path).segments) == resource)
    }

    @Test("times of the REST API")
    func dateTime() {
        #expect(PBXState.dateTime(1_609_518_578_760_000) == "2021-01-01 16:29:38")
    }

    @Test("the same seed gives the same ids")
    func seeds() {
        var first = IdentifierSource(seed: 5)
        var second = IdentifierSource(seed: 5)
        #expect(first.hexadecimal32() == second.hexadecimal32())
        #expect(first.hexadecimal32().count == 32)
        #expect(first.accessToken() != second.accessToken(), "the first is one call ahead")
    }

    @Test(
        "waiting for the port ends when the simulator has stopped or the waiter is cancelled",
        .timeLimit(.minutes(5))
    )
    func lifecycle() async throws {
        let lifecycle = SimulatorLifecycle()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await lifecycle.running()
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            for await isCancelled in group {
                #expect(isCancelled)
            }
        }
        lifecycle.stop(because: SimulatorError.notRunning)
        lifecycle.stop(because: CancellationError())
        await #expect(throws: SimulatorError.self) { try await lifecycle.running() }
    }

    @Test("an address that is taken is told to whoever runs it and to whoever waits", .timeLimit(.minutes(5)))
    func addressTaken() async throws {
        try await SimulatorHarness.run { harness in
            let configuration = SimulatorConfiguration(port: try await harness.simulator.boundPort())
            let second = RingmeSimulator(
                configuration: configuration,
                logger: Logger(label: "second") { _ in SwiftLogNoOpLogHandler() }
            )
            func isAboutAddress(_ error: any Error) -> Bool { "\(error)".contains("in use") }
            await #expect { try await second.run() } throws: { isAboutAddress($0) }
            await #expect { try await second.boundPort() } throws: { isAboutAddress($0) }
        }
    }
}
