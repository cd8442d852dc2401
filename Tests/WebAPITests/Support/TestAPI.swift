import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import ServiceLifecycle
import Storage
import Telephony
import TestSupport

@testable import WebAPI

/// The whole HTTP interface on a database of its own. The workers' part is played by hand.
struct TestAPI: Sendable {
    /// A path template and a method that it takes.
    struct Route: Sendable, Hashable {
        var path: String
        var method: HTTPRequest.Method
    }

    /// Of the bootstrap operator.
    static let operatorKey = "operator-key-of-the-tests-" + String(repeating: "0123456789", count: 6)

    let test: TestDatabase
    let client: any TestClientProtocol
    let routes: [Route]
    /// Of the listener for events.
    let ingestRoutes: [Route]
    let keyRing: KeyRing
    let listener: PostgresListener
    let exports: CallExports
    let spool: EventSpool?
    let configuration: WebAPIConfiguration
    let dependencies: WebAPIDependencies

    /// What a test wants to be different.
    struct Options {
        var setup = TestingSetup.router
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var configure: (inout WebAPIConfiguration) -> Void = { _ in }
        var readiness: [ReadinessCheck] = []
        var intake: (EventStore) -> EventIntake? = { _ in nil }
        var spool: (Database) async throws -> EventSpool? = { _ in nil }
        var exports: (Database) -> CallExports = { CallExports(database: $0, logger: Logger(label: "test")) }
    }

    static func with(
        _ options: Options = Options(),
        _ body: @Sendable (TestAPI) async throws -> Void
    ) async throws {
        let logger = options.logger
        let readiness = options.readiness
        try await TestDatabase.with(logger: logger) { test in
            let listener = PostgresListener(configuration: test.server, logger: logger)
            let tokens = TokenDirectory(database: test.database, listener: listener, logger: logger)
            let store = EventStore(database: test.database)
            let spool = try await options.spool(test.database)
            let intake = options.intake(store) ?? EventIntake(store: store, spool: spool, logger: logger)
            let exports = options.exports(test.database)
            let liveNews = LiveNews(database: test.database, listener: listener, logger: logger)
            let keyRing = try KeyRing(parsing: "k1:" + Data(repeating: 7, count: 32).base64EncodedString())
            var configuration = WebAPIConfiguration(
                publicURL: "https://crm.example.com/",
                operatorKeyDigest: SecretDigest(of: Self.operatorKey),
                failedAuthenticationBurst: 100_000
            )
            options.configure(&configuration)
            let webConfiguration = configuration
            let dependencies = WebAPIDependencies(
                database: test.database,
                listener: listener,
                keyRing: keyRing,
                intake: intake,
                tokens: tokens,
                exports: exports,
                liveNews: liveNews,
                renderMetrics: { "# metrics\n" },
                readiness: { readiness },
                logger: logger
            )
            let router = makeRouter(configuration: configuration, dependencies: dependencies)
            let ingestRouter = makeIngestRouter(configuration: configuration, dependencies: dependencies)
            let ingestRoutes = ingestRouter.routes.map { Route(path: $0.path.description, method: $0.method) }
            let routes = router.routes.map { Route(path: $0.path.description, method: $0.method) }
            let application = Application(
                router: router,
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                logger: logger
            )
            let services: [any Service] =
                [listener, tokens] + (spool.map { [$0] } ?? []) + [intake, exports, liveNews]
            try await withServices(services, logger: logger) {
                try await application.test(options.setup) { client in
                    try await body(
                        TestAPI(
                            test: test,
                            client: client,
                            routes: routes,
                            ingestRoutes: ingestRoutes,
                            keyRing: keyRing,
                            listener: listener,
                            exports: exports,
                            spool: spool,
                            configuration: webConfiguration,
                            dependencies: dependencies
                        )
                    )
                }
            }
        }
    }

    /// The interface as another server process on the same database has it, for one request.
    var restarted: Restarted { Restarted(api: self) }

    struct Restarted: Sendable {
        let api: TestAPI

        func send(
            _ method: HTTPRequest.Method,
            _ path: String,
            key: String,
            json: JSONValue? = nil,
            headers: HTTPFields = [:]
        ) async throws -> Answer {
            let router = makeRouter(configuration: self.api.configuration, dependencies: self.api.dependencies)
            var headers = headers
            headers[.authorization] = "Bearer \(key)"
            return try await Application(router: router).test(.router) { [headers] client in
                let response = try await client.execute(
                    uri: path,
                    method: method,
                    headers: headers,
                    body: json.map { ByteBuffer(bytes: $0.bytes) }
                )
                return Answer(
                    status: response.status,
                    headers: response.headers,
                    text: String(buffer: response.body)
                )
            }
        }
    }

    var changes: ChangeWait {
        ChangeWait(listener: self.listener, liveNews: self.dependencies.liveNews, database: self.test.database)
    }

    /// What came back.
    struct Answer: Sendable {
        var status: HTTPResponse.Status
        var headers: HTTPFields
        var text: String

        /// The body; null when it is no JSON.
        var json: JSONValue { (try? JSONParser.parse(Array(self.text.utf8))) ?? .null }
        /// The code of a problem.
        var code: String? { self.json["code"]?.text }
        /// The pointers of a problem's failures.
        var pointers: [String] { self.json["errors"]?.elements?.compactMap { $0["pointer"]?.text } ?? [] }
        /// The codes of a problem's failures.
        var codes: [String] { self.json["errors"]?.elements?.compactMap { $0["code"]?.text } ?? [] }
        var data: [JSONValue] { self.json["data"]?.elements ?? [] }
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        key: String? = nil,
        json: JSONValue? = nil,
        body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        headers[.authorization] = key.map { "Bearer \($0)" }
        if json != nil {
            headers[.contentType] = headers[.contentType] ?? "application/json"
        }
        let bytes = json?.bytes ?? body.map { Array($0.utf8) }
        let response = try await self.client.execute(
            uri: path,
            method: method,
            headers: headers,
            body: bytes.map { ByteBuffer(bytes: $0) }
        )
        return Answer(status: response.status, headers: response.headers, text: String(buffer: response.body))
    }

    /// Sends as the bootstrap operator.
    func operate(
        _ method: HTTPRequest.Method,
        _ path: String,
        json: JSONValue? = nil,
        headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await self.send(method, path, key: Self.operatorKey, json: json, headers: headers)
    }

    /// Runs SQL as the superuser.
    func sql(_ text: String) async throws {
        let connection = try await PostgresConnection.connect(self.test.superuser, logger: Logger(label: "sql"))
        do {
            try await connection.script(text)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    /// Runs a statement as the superuser.
    func rows<Query: Statement>(_ statement: Query) async throws -> [Query.Output] {
        let connection = try await PostgresConnection.connect(self.test.superuser, logger: Logger(label: "sql"))
        let rows: [Query.Output]
        do {
            rows = try await connection.execute(statement)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return rows
    }
}
