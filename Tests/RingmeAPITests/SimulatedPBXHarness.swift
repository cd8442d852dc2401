import Logging
import RingmeSimulator
import Synchronization

@testable import RingmeAPI

/// A simulated PBX with the standard client on a real socket, and a client of it.
struct SimulatedPBXHarness: Sendable {
    static let appID = "807"
    static let appSecret = "0123456789abcdef0123456789abcdef"

    let simulator: RingmeSimulator
    let http: PBXHTTPClient
    let baseURL: String
    let client: RingmeClient
    /// The rate limits that the client reported.
    let rateLimits: Recorded<RateLimit>
    /// The log lines of the client, metadata included.
    let logLines: Recorded<String>

    var pbx: SimulatedPBX { self.simulator.state }

    /// Another client of the same PBX.
    func makeClient(
        clientID: String = "@me",
        appSecret: String = appSecret,
        timeout: Duration = .seconds(15)
    ) -> RingmeClient {
        RingmeClient(
            endpoint: PBXEndpoint(baseURL: self.baseURL, clientID: clientID),
            credentials: PBXCredentials(appID: Self.appID, appSecret: appSecret),
            http: self.http,
            timeout: timeout
        )
    }

    /// What was asked of the PBX, as `METHOD resource status`.
    var requests: [String] {
        self.pbx.requestLog.map { "\($0.method) \($0.resource.rawValue) \($0.status.map { String($0) } ?? "-")" }
    }
}

/// Values that arrive from any task.
final class Recorded<Value: Sendable>: Sendable {
    private let stored = Mutex<[Value]>([])

    var values: [Value] { self.stored.withLock { $0 } }

    func append(_ value: Value) {
        self.stored.withLock { $0.append(value) }
    }
}

/// Runs a test against a simulated PBX of its own.
func withSimulatedPBX(_ test: (SimulatedPBXHarness) async throws -> Void) async throws {
    let simulator = RingmeSimulator(logger: Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() })
    try simulator.state.seedStandardClient(
        appID: SimulatedPBXHarness.appID,
        appSecret: SimulatedPBXHarness.appSecret
    )
    let http = PBXHTTPClient()
    let rateLimits = Recorded<RateLimit>()
    let logLines = Recorded<String>()
    let result = await withTaskGroup(of: Void.self) { group -> Result<Void, any Error> in
        group.addTask { try? await simulator.run() }
        defer { group.cancelAll() }
        do {
            let baseURL = try await simulator.baseURL()
            let client = RingmeClient(
                endpoint: PBXEndpoint(baseURL: baseURL),
                credentials: PBXCredentials(
                    appID: SimulatedPBXHarness.appID,
                    appSecret: SimulatedPBXHarness.appSecret
                ),
                http: http,
                gate: RecordingGate(rateLimits: rateLimits),
                logger: Logger(label: "client") { _ in RecordingLogHandler(lines: logLines) }
            )
            try await test(
                SimulatedPBXHarness(
                    simulator: simulator,
                    http: http,
                    baseURL: baseURL,
                    client: client,
                    rateLimits: rateLimits,
                    logLines: logLines
                )
            )
            return .success(())
        } catch {
            return .failure(error)
        }
    }
    try await http.shutdown()
    try result.get()
}

/// Lets every request pass and keeps what its answer said of the budget.
private struct RecordingGate: PBXGate {
    let rateLimits: Recorded<RateLimit>

    func admit(_ operation: PBXOperation) async -> Bool { true }

    func ended(_ operation: PBXOperation, rateLimit: RateLimit?, error: PBXError?) async {
        if let rateLimit { self.rateLimits.append(rateLimit) }
    }
}

/// Keeps every log event as one text.
private struct RecordingLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    let lines: Recorded<String>

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.lines.append("\(event.message) \(event.metadata ?? [:])")
    }
}
