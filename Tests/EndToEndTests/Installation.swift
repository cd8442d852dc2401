import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import Postgres
import RingmeSimulator
import Storage
import TestSupport

/// A whole installation: a cluster of its own, the simulated PBX, and the built server, set up over HTTP as an operator does.
struct Installation: Sendable {
    let directory: URL
    let clusterPort: String
    let pbx: PBXFixture
    let http: HTTPClient
    let operatorKey: String

    /// Runs `body` with an installation whose server is not started yet; takes everything down afterwards.
    static func with(_ body: (Installation) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "rb-e2e-\(UUID().uuidString.prefix(8))")
        let root = RepositoryFile.root
        let port = try runScript("admin-scripts/postgres-cluster", ["start", directory.path], root: root)
        let result: Result<Void, any Error>
        do {
            try await PBXFixture.with { pbx in
                var client = HTTPClient.Configuration()
                client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
                let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: client)
                let installation = Installation(
                    directory: directory,
                    clusterPort: port,
                    pbx: pbx,
                    http: http,
                    operatorKey: String(repeating: "operator-key-", count: 6)
                )
                let inner: Result<Void, any Error>
                do {
                    try await installation.migrate()
                    try await body(installation)
                    inner = .success(())
                } catch {
                    inner = .failure(error)
                }
                try await http.shutdown()
                try inner.get()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        _ = try runScript("admin-scripts/postgres-cluster", ["remove", directory.path], root: root)
        try result.get()
    }

    func databaseURL(_ role: String, database: String = "ringbridge") -> String {
        "postgresql://\(role)@127.0.0.1:\(self.clusterPort)/\(database)"
    }

    func cluster(_ command: String) throws {
        _ = try runScript("admin-scripts/postgres-cluster", [command, self.directory.path], root: RepositoryFile.root)
    }

    /// Makes the database with its roles, and migrates by the built program.
    private func migrate() async throws {
        try await self.script("CREATE DATABASE ringbridge", database: "postgres")
        try await self.script(try RepositoryFile.text("sql/roles.sql"), database: "ringbridge")
        let migrate = try BuiltProgram(
            "ringbridge",
            ["migrate", "up"],
            environment: ["DATABASE_OWNER_URL": self.databaseURL("ringbridge_owner")]
        )
        guard await migrate.exitStatus() == 0 else { throw BuiltProgram.Failure(description: migrate.log) }
    }

    private func script(_ sql: String, database: String) async throws {
        let connection = try await self.superuser(database: database)
        try await connection.script(sql)
        await connection.close()
    }

    func superuser(database: String = "ringbridge") async throws -> PostgresConnection {
        try await PostgresConnection.connect(
            try PostgresConfiguration(connectionString: self.databaseURL("postgres", database: database)),
            logger: Logger(label: "test")
        )
    }

    /// Starts the built server; on `port`, or on a free one.
    func startServer(port: Int = 0, environment: [String: String] = [:]) async throws -> Server {
        let variables = self.variables(environment, port: port)
        let program = try BuiltProgram("ringbridge", ["serve"], environment: variables)
        return Server(program: program, url: try await program.line(beginning: "listening on "), http: self.http)
    }

    /// The environment of a server.
    func variables(_ more: [String: String], port: Int = 0) -> [String: String] {
        let variables = [
            "DATABASE_URL": self.databaseURL("ringbridge_server"),
            "HTTP_PORT": String(port),
            "PUBLIC_URL": "http://127.0.0.1:\(port == 0 ? 1 : port)",
            "MASTER_KEYS": "k1:" + String(repeating: "A", count: 43) + "=",
            "OPERATOR_KEY": self.operatorKey,
            "ASSEMBLY_GRACE": "1s",
            "LOG_LEVEL": "trace",
            "LOG_FORMAT": "json",
        ]
        return variables.merging(more) { $1 }
    }

    /// Onboards tenant 807 with two phones, an IVR and a queue; returns a connector's key.
    func onboard(_ server: Server) async throws -> String {
        let tenant = "/admin/v1/tenants/807"
        let key = self.operatorKey
        _ = try await server.send(
            .put,
            tenant,
            key: key,
            body: """
                {"name": "Client", "locale": "en", "time_zone": "UTC", "status": "active", "pbx": \
                {"url": "\(self.pbx.url)", "app_id": "app", "app_secret": "secret"}, "settings": {}}
                """,
            expecting: 201
        )
        for user in ["u101", "u102"] {
            _ = try await server.send(
                .put,
                "\(tenant)/users/\(user)",
                key: key,
                body: #"{"name": "\#(user)"}"#,
                expecting: 201
            )
        }
        let current = try await server.send(.get, "\(tenant)/mappings", key: key, expecting: 200)
        _ = try await server.send(
            .put,
            "\(tenant)/mappings",
            key: key,
            body: """
                {"mappings": [{"extension_id": 85218, "user_id": "u101"}, {"extension_id": 85219, "user_id": "u102"}, \
                {"extension_id": 96850, "user_id": null}, {"extension_id": 96857, "user_id": null}]}
                """,
            headers: [("If-Match", current.headers.first(name: "ETag") ?? ""), ("Prefer", "wait=30")],
            expecting: 200
        )
        let created = try await server.send(
            .post,
            "\(tenant)/keys",
            key: key,
            body: #"{"role": "connector", "name": "crm"}"#,
            expecting: 201
        )
        struct Key: Decodable { var key: String }
        return try JSONDecoder().decode(Key.self, from: created.body).key
    }

    /// The path of the event URL that the PBX was given for an extension.
    func eventPath(of extensionID: Int) throws -> String {
        guard let row = self.pbx.pbx.events(of: extensionID).first, let url = URL(string: row.url) else {
            throw BuiltProgram.Failure(description: "the PBX has no event row for extension \(extensionID)")
        }
        return url.path
    }
}

/// The running server.
struct Server: Sendable {
    let program: BuiltProgram
    let url: String
    let http: HTTPClient

    struct Answer: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: Data
        var text: String { String(decoding: self.body, as: UTF8.self) }
    }

    var port: Int { URL(string: self.url)?.port ?? 0 }

    func send(
        _ method: HTTPMethodName,
        _ path: String,
        key: String? = nil,
        body: String? = nil,
        headers: [(String, String)] = [],
        expecting status: Int? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: self.url + path)
        request.method = .init(rawValue: method.rawValue)
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            if !headers.contains(where: { $0.0 == "Content-Type" }) {
                request.headers.add(name: "Content-Type", value: "application/json")
            }
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await self.http.execute(request, timeout: .seconds(60))
        let answer = Answer(
            status: Int(response.status.code),
            headers: response.headers.map { ($0.name, $0.value) },
            body: Data(buffer: try await response.body.collect(upTo: 8 << 20))
        )
        if let status, answer.status != status {
            throw BuiltProgram.Failure(
                description: "\(method.rawValue) \(path.prefix(40)): \(answer.status) \(answer.text)"
            )
        }
        return answer
    }

    /// Posts an event as the PBX does.
    func post(_ form: String, to path: String) async throws -> Int {
        try await self.send(
            .post,
            path,
            body: form,
            headers: [("Content-Type", "application/x-www-form-urlencoded")]
        ).status
    }
}

enum HTTPMethodName: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

extension [(name: String, value: String)] {
    func first(name: String) -> String? { self.first { $0.name.lowercased() == name.lowercased() }?.value }
}
