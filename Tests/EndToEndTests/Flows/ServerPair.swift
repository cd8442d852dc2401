import AsyncHTTPClient
import Foundation
import NIOCore
import Postgres
import Synchronization
import TestSupport

/// Two server processes on one database, either of which may be killed and started again.
final class ServerPair: Sendable {
    private let database: TestDatabase
    private let http: HTTPClient
    private let servers: Mutex<[Server]>

    private init(database: TestDatabase, http: HTTPClient, servers: [Server]) {
        self.database = database
        self.http = http
        self.servers = Mutex(servers)
    }

    /// Runs `body` while both servers run; ends them gracefully afterwards.
    static func with<Value: Sendable>(
        on database: TestDatabase,
        _ body: (ServerPair) async throws -> Value
    ) async throws -> Value {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 30
        // A dead server is noticed at once, and the other one asked.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        var pair: ServerPair?
        let result: Result<Value, any Error>
        do {
            let first = try await Self.start(on: database, http: http)
            let second = try await Self.start(on: database, http: http)
            let both = ServerPair(database: database, http: http, servers: [first, second])
            pair = both
            result = .success(try await body(both))
        } catch {
            result = .failure(error)
        }
        for server in pair?.servers.withLock({ $0 }) ?? [] {
            await server.program.end()
        }
        try await http.shutdown()
        return try result.get()
    }

    /// The environment of the program, whether it serves or does something else on this database.
    static func environment(on database: TestDatabase) -> [String: String] {
        [
            "DATABASE_URL": database.server.connectionString,
            "HTTP_PORT": "0",
            "PUBLIC_URL": "http://127.0.0.1:1",
            // The key ring of the fixtures.
            "MASTER_KEYS": "test:" + String(repeating: "A", count: 43) + "=",
            // Nobody: what is known of the PBX is in the database.
            "PBX_URL": "http://127.0.0.1:1",
            "ASSEMBLY_GRACE": "1s",
            "LOG_LEVEL": "warning",
            "LOG_FORMAT": "json",
        ]
    }

    private static func start(on database: TestDatabase, http: HTTPClient) async throws -> Server {
        let program = try BuiltProgram("ringbridge", ["serve"], environment: Self.environment(on: database))
        return Server(program: program, url: try await program.line(beginning: "listening on "), http: http)
    }

    /// The server that runs at that place now.
    subscript(index: Int) -> Server {
        self.servers.withLock { $0[index] }
    }

    /// Kills a server in the middle of whatever it does, and starts another one in its place.
    func killAndRestart(_ index: Int) async throws {
        await self[index].program.end(SIGKILL)
        let server = try await Self.start(on: self.database, http: self.http)
        self.servers.withLock { $0[index] = server }
    }

    /// What the running servers logged as errors.
    var loggedErrors: [String] {
        self.servers.withLock { $0 }.flatMap { server in
            server.program.log.split(separator: "\n").filter { $0.contains(#""level":"error""#) }.map(String.init)
        }
    }
}
