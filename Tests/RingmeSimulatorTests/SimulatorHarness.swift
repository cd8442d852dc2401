import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import RingmeSimulator
import Testing

/// A running simulator with the standard client, and an HTTP client to talk to it.
struct SimulatorHarness: Sendable {
    static let appID = "0123456789abcdef0123456789abcdef"
    static let appSecret = "fedcba9876543210fedcba9876543210"

    let simulator: RingmeSimulator
    let http: HTTPClient
    let baseURL: String

    var pbx: SimulatedPBX { simulator.state }
    var clientID: Int { SimulatedPBX.standardClientID }

    /// Runs `body` against a fresh simulator on a free port.
    static func run(
        configuration: SimulatorConfiguration = SimulatorConfiguration(seed: 7),
        _ body: @Sendable (SimulatorHarness) async throws -> Void
    ) async throws {
        var logger = Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let simulator = RingmeSimulator(configuration: configuration, logger: logger)
        try simulator.state.seedStandardClient(appID: appID, appSecret: appSecret)
        let http = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: HTTPClient.Configuration(redirectConfiguration: .disallow)
        )
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await simulator.run() }
                defer { group.cancelAll() }
                let harness = SimulatorHarness(
                    simulator: simulator,
                    http: http,
                    baseURL: try await simulator.baseURL()
                )
                try await body(harness)
            }
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
    }

    /// What came back.
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPHeaders
        /// The body, unpacked.
        var bytes: [UInt8]
        /// The body as it came.
        var received: [UInt8]

        var json: JSONValue? { JSONValue(parsing: bytes) }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// One request; `path` with its query. A packed body is left so when `unpacks` is false.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        token: String? = nil,
        json: JSONValue? = nil,
        form: String? = nil,
        acceptsGzip: Bool = true,
        unpacks: Bool = true,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: baseURL + path)
        request.method = method
        if acceptsGzip {
            request.headers.add(name: "Accept-Encoding", value: "gzip")
        }
        if let token {
            request.headers.add(name: "Authorization", value: "Bearer \(token)")
        }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: json.serialized))
        } else if let form {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: form))
        }
        let response = try await http.execute(request, timeout: timeout)
        let body = try await response.body.collect(upTo: 64 << 20)
        let bytes = Array(body.readableBytesView)
        let isPacked = unpacks && response.headers.first(name: "Content-Encoding") == "gzip"
        return Reply(
            status: Int(response.status.code),
            headers: response.headers,
            bytes: isPacked ? try Gunzip.storedBytes(of: bytes) : bytes,
            received: bytes
        )
    }

    /// A REST request below `/api/ver1.0`.
    func api(
        _ method: HTTPMethod,
        _ path: String,
        token: String,
        json: JSONValue? = nil,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Reply {
        try await send(method, "/api/ver1.0" + path, token: token, json: json, timeout: timeout)
    }

    /// A fresh token of the standard client, or of another application.
    func token(appID: String = appID, appSecret: String = appSecret) async throws -> String {
        let form = "grant_type=client_credentials&client_id=\(appID)&client_secret=\(appSecret)"
        let reply = try await send(.POST, "/oauth/token", form: form)
        return try #require(reply.json?["access_token"]?.text)
    }

    /// Subscribes an extension.
    func subscribe(
        _ extensionID: Int,
        _ eventTypes: [String],
        url: String,
        method: String = "POST",
        token: String
    ) async throws {
        for eventType in eventTypes {
            let row: JSONValue = ["url": .string(url), "event_type": .string(eventType), "method": .string(method)]
            let reply = try await api(.POST, "/extension/\(extensionID)/event/", token: token, json: row)
            try #require(reply.status == 201)
        }
    }
}
