import Foundation
import Logging
import Postgres
import RingmeSimulator
import Storage
import Synchronization
import Telephony
import TestSupport
import Testing

/// The built server as a process: what it acknowledged is there, whatever happens to it or to the database.
@Suite("Durability", .serialized, .timeLimit(.minutes(5)))
struct DurabilityTests {
    struct Commits: Statement {
        static let sql: StaticString = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }

    struct StoredCallIDs: Statement {
        static let sql: StaticString = "SELECT call_id FROM events WHERE call_id IS NOT NULL"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("64 connections share commits, and every acknowledged event is in the table")
    func groupCommit() async throws {
        try await Installation.with { installation in
            // Only the HTTP half: the workers' own commits would blur the figure.
            let setUp = try await installation.startServer()
            _ = try await installation.onboard(setUp)
            await setUp.program.end()
            let program = try BuiltProgram(
                "ringbridge",
                ["serve", "--only", "api"],
                environment: [
                    "DATABASE_URL": installation.databaseURL("ringbridge_server"), "HTTP_PORT": "0",
                    "PUBLIC_URL": "http://127.0.0.1:1", "MASTER_KEYS": "k1:" + String(repeating: "A", count: 43) + "=",
                ]
            )
            let server = Server(
                program: program,
                url: try await program.line(beginning: "listening on "),
                http: installation.http
            )
            let path = try installation.eventPath(of: 85_219)
            let database = try await installation.superuser()
            let before = try #require(try await database.execute(Commits()).first)
            let acknowledged = try await Self.load(server, path: path, connections: 64, eventsEach: 50)
            // The statistics of a session arrive when it is idle or ends.
            await server.program.end()
            await database.close()
            let reader = try await installation.superuser()
            let stored = Set(try await reader.execute(StoredCallIDs()))
            let commits = try #require(try await reader.execute(Commits()).first) - before
            await reader.close()
            print("group commit: \(acknowledged.count) events acknowledged, \(commits) commits")
            #expect(acknowledged.count == 64 * 50)
            #expect(acknowledged.subtracting(stored) == [])
            #expect(commits * 3 < acknowledged.count)
        }
    }

    @Test(
        "A30: kill -9 of the server under load: every acknowledged event is there after the restart and becomes its record"
    )
    func killNine() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let key = try await installation.onboard(server)
            let path = try installation.eventPath(of: 85_219)
            let acknowledged = Acknowledged()
            await withTaskGroup(of: Void.self) { senders in
                for connection in 0..<16 {
                    senders.addTask {
                        for number in 0..<400 {
                            let callID = "kill-\(connection)-\(number)"
                            guard let status = try? await server.post(Self.outgoing(callID), to: path) else { return }
                            if status == 200 { acknowledged.note(callID) }
                        }
                    }
                }
                senders.addTask {
                    // In the middle of the load, whatever the machine's speed.
                    while acknowledged.callIDs.count < 1500 { await Task.yield() }
                    await server.program.end(SIGKILL)
                }
            }
            let expected = acknowledged.callIDs
            #expect(expected.count >= 1500)
            #expect(expected.count < 16 * 400)
            let again = try await installation.startServer()
            let records = try await Self.follow(again, key: key, until: expected)
            #expect(expected.subtracting(records.map(\.callID)) == [])
            #expect(Set(records.map(\.callID)).count == records.count)
            #expect(
                records.allSatisfy { $0.status == "answered" && $0.userID == "u102" && $0.durationUs == 11_420_018 }
            )
            await again.program.end()
        }
    }

    @Test("while PostgreSQL is away the server says 503 and is not ready, and it recovers by itself")
    func databaseAway() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let key = try await installation.onboard(server)
            let path = try installation.eventPath(of: 85_219)
            #expect(try await server.send(.get, "/readyz").status == 200)
            #expect(try await server.post(Self.outgoing("before"), to: path) == 200)
            for stop in ["stop", "crash"] {
                try installation.cluster(stop)
                let away = try await server.send(
                    .post,
                    path,
                    body: Self.outgoing("away"),
                    headers: [("Content-Type", "application/x-www-form-urlencoded")]
                )
                #expect(away.status == 503)
                #expect(away.headers.first(name: "Content-Type")?.hasPrefix("application/problem+json") == true)
                #expect(away.headers.first(name: "Retry-After") != nil)
                let list = try await server.send(.get, "/v1/calls", key: key)
                #expect(list.status == 503)
                #expect(list.headers.first(name: "Content-Type")?.hasPrefix("application/problem+json") == true)
                let ready = try await server.send(.get, "/readyz")
                #expect(ready.status == 503)
                #expect(ready.text.contains("database"))
                #expect(try await server.send(.get, "/healthz").status == 200)
                try installation.cluster("start")
                try await Self.poll { try await server.send(.get, "/readyz").status == 200 }
                try await Self.poll { try await server.post(Self.outgoing("after-\(stop)"), to: path) == 200 }
            }
            let records = try await Self.follow(server, key: key, until: ["before", "after-stop", "after-crash"])
            #expect(Set(records.map(\.callID)) == ["before", "after-stop", "after-crash"])
            await server.program.end()
        }
    }

    @Test("events that came while PostgreSQL was away survive kill -9 of the server in its spool and become records")
    func spoolSurvives() async throws {
        try await Installation.with { installation in
            let spool = installation.directory.appending(path: "spool").path
            let server = try await installation.startServer(environment: ["SPOOL_DIR": spool])
            let key = try await installation.onboard(server)
            let path = try installation.eventPath(of: 85_219)
            let acknowledged = Acknowledged()
            // In the middle of the load, whatever the machine's speed: PostgreSQL goes at the first 100, the server at 1500.
            await withTaskGroup(of: Void.self) { senders in
                for connection in 0..<16 {
                    senders.addTask {
                        for number in 0..<400 {
                            let callID = "spool-\(connection)-\(number)"
                            guard let status = try? await server.post(Self.outgoing(callID), to: path) else { return }
                            if status == 200 { acknowledged.note(callID) }
                        }
                    }
                }
                senders.addTask {
                    while acknowledged.callIDs.count < 100 { await Task.yield() }
                    try? installation.cluster("crash")
                    while acknowledged.callIDs.count < 1500 { await Task.yield() }
                    await server.program.end(SIGKILL)
                }
            }
            let expected = acknowledged.callIDs
            #expect(expected.count >= 1500)
            #expect(expected.count < 16 * 400)
            #expect(server.program.log.contains("events go to the spool"))
            try installation.cluster("start")
            let again = try await installation.startServer(environment: ["SPOOL_DIR": spool])
            // A directory has one process.
            let second = try BuiltProgram(
                "ringbridge",
                ["serve"],
                environment: installation.variables(["SPOOL_DIR": spool])
            )
            #expect(await second.exitStatus() == 1)
            #expect(second.log.contains("SPOOL_DIR"))
            let records = try await Self.follow(again, key: key, until: expected)
            #expect(expected.subtracting(records.map(\.callID)) == [])
            #expect(Set(records.map(\.callID)).count == records.count)
            #expect(records.allSatisfy { $0.status == "answered" && $0.userID == "u102" })
            let metrics = try await again.send(.get, "/metrics", key: installation.operatorKey, expecting: 200)
            #expect(metrics.text.contains("ringbridge_spool_drained_events"))
            // SIGTERM with events in the spool: they are acknowledged, and the next server brings them home.
            try installation.cluster("stop")
            #expect(try await again.post(Self.outgoing("late"), to: path) == 200)
            #expect(await again.program.end() == 0)
            try installation.cluster("start")
            let third = try await installation.startServer(environment: ["SPOOL_DIR": spool])
            _ = try await Self.follow(third, key: key, until: expected.union(["late"]))
            #expect(await third.program.end() == 0)
        }
    }

    @Test("the complete log of a run holds no event token and no key")
    func noSecretsInTheLog() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            let key = try await installation.onboard(server)
            let path = try installation.eventPath(of: 85_219)
            _ = try await server.post(Self.outgoing("c1"), to: path)
            _ = try await server.post("EventType=hangup", to: path)
            _ = try await server.send(.get, "\(path)?\(Self.outgoing("c2"))")
            _ = try await server.send(.delete, path)
            _ = try await server.post(Self.outgoing("c3"), to: path + "x")
            _ = try await server.send(.get, "/v1/calls", key: key + "x")
            _ = try await server.send(.get, "/v1/calls/changes?wait=1&from=now", key: key)
            try installation.cluster("stop")
            _ = try await server.post(Self.outgoing("c4"), to: path)
            try installation.cluster("start")
            try await Self.poll { try await server.send(.get, "/readyz").status == 200 }
            let metrics = try await server.send(.get, "/metrics", key: installation.operatorKey, expecting: 200)
            #expect(await server.program.end() == 0)
            let log = server.program.log
            #expect(log.count > 1000)
            let secrets =
                installation.pbx.pbx.allEvents.map { $0.url.split(separator: "/").last.map(String.init) ?? "" }
                + [key, installation.operatorKey, String(repeating: "A", count: 43)]
            #expect(secrets.count > 6)
            for secret in secrets {
                #expect(!secret.isEmpty)
                #expect(!log.contains(secret))
                #expect(!metrics.text.contains(secret))
            }
        }
    }

    // MARK: - Load

    /// What the server answered 200 for.
    final class Acknowledged: Sendable {
        private let noted = Mutex<Set<String>>([])

        var callIDs: Set<String> { self.noted.withLock { $0 } }
        func note(_ callID: String) { self.noted.withLock { _ = $0.insert(callID) } }
    }

    struct Call: Decodable, Sendable {
        var callID: String
        var status: String
        var userID: String?
        var durationUs: Int64?

        enum CodingKeys: String, CodingKey {
            case status
            case callID = "call_id"
            case userID = "user_id"
            case durationUs = "duration_us"
        }
    }

    /// The hangup of an answered outgoing call, on its own a (partial) record.
    static func outgoing(_ callID: String) -> String {
        """
        EventType=hangup&EventTime=\(Int64(Date().timeIntervalSince1970 * 1_000_000))&CallID=\(callID)&\
        SubCallID=85219-\(callID)&CallFlow=out&CallStatus=ANSWER&CalledNumber=%2B79161112233&CallerIDNum=2566*102&\
        CallerExtension=2566*102@sipproxy.telphin.ru&CallerExtensionID=85219&Duration=11420018&RecID=85219-\(callID)
        """
    }

    static func load(_ server: Server, path: String, connections: Int, eventsEach: Int) async throws -> Set<String> {
        try await withThrowingTaskGroup(of: [String].self) { senders in
            for connection in 0..<connections {
                senders.addTask {
                    var acknowledged: [String] = []
                    for number in 0..<eventsEach {
                        let callID = "load-\(connection)-\(number)"
                        if try await server.post(Self.outgoing(callID), to: path) == 200 {
                            acknowledged.append(callID)
                        }
                    }
                    return acknowledged
                }
            }
            return try await senders.reduce(into: []) { $0.formUnion($1) }
        }
    }

    /// Follows the feed until it has shown all of `callIDs`.
    static func follow(_ server: Server, key: String, until callIDs: Set<String>) async throws -> [Call] {
        struct Page: Decodable {
            struct Entry: Decodable {
                var op: String
                var call: Call
            }
            var data: [Entry]
            var nextCursor: String

            enum CodingKeys: String, CodingKey {
                case data
                case nextCursor = "next_cursor"
            }
        }
        var cursor: String?
        var calls: [Call] = []
        while !callIDs.isSubset(of: calls.map(\.callID)) {
            let from = cursor.map { "cursor=\($0)" } ?? "from=beginning"
            let answer = try await server.send(
                .get,
                "/v1/calls/changes?\(from)&limit=500&wait=20",
                key: key,
                expecting: 200
            )
            let page = try JSONDecoder().decode(Page.self, from: answer.body)
            calls += page.data.map(\.call)
            cursor = page.nextCursor
        }
        return calls
    }

    /// Asks again until the condition holds; the suite's time limit bounds it.
    static func poll(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { await Task.yield() }
    }
}
