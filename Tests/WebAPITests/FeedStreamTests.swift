import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOHTTP1
import Postgres
import ServiceLifecycle
import Storage
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Feed as an event stream", .timeLimit(.minutes(5)))
struct FeedStreamTests {
    private static let path = "/v1/calls/changes"

    @Test("a message for each change, its id the cursor after it; a change that comes wakes the stream")
    func messages() async throws {
        try await Self.with { api, key, scope in
            try await api.write([.upsert(.sample("a")), .upsert(.sample("b"))], to: scope)
            try await api.write([.withdraw(.sample("a"))], to: scope)
            var stream = try await EventStreamReader(api, "\(Self.path)?limit=1", key: key)
            #expect(stream.response.status == .ok)
            #expect(stream.response.headers.first(name: "content-type") == "text/event-stream")
            let opening = try #require(try await stream.next())
            #expect(opening["retry"] == "1000")
            let page = try await api.send(.get, Self.path, key: key)
            for entry in page.data {
                let message = try #require(try await stream.nextChange())
                #expect(message["event"] == entry["op"]?.text)
                #expect(message.json == entry)
            }
            try await api.write([.upsert(.sample("c"))], to: scope)
            let woken = try #require(try await stream.nextChange())
            #expect(woken.json["call"]?["call_id"]?.text == "call-c")
            let end = try await api.send(.get, "\(Self.path)?from=now", key: key)
            #expect(woken["id"] == end.json["next_cursor"]?.text)
        }
    }

    @Test("Last-Event-ID resumes after its message, whatever the URL says; every id is a cursor of the feed")
    func resume() async throws {
        try await Self.with { api, key, scope in
            try await api.write(["a", "b", "c"].map { .upsert(.sample($0)) }, to: scope)
            var stream = try await EventStreamReader(api, Self.path, key: key)
            let opening = try #require(try await stream.next()?["id"])
            let first = try #require(try await stream.nextChange()?["id"])
            let rest = try await api.send(.get, "\(Self.path)?cursor=\(first)", key: key)
            #expect(rest.data.map { $0["call"]?["call_id"]?.text } == ["call-b", "call-c"])
            for (id, query, expected) in [(first, "?from=now", "call-b"), (opening, "?cursor=\(first)", "call-a")] {
                var resumed = try await EventStreamReader(api, Self.path + query, key: key, lastEventID: id)
                let message = try #require(try await resumed.nextChange())
                #expect(message.json["call"]?["call_id"]?.text == expected)
            }
        }
    }

    @Test(
        "from=now begins after what is there, and says where, so that a reader loses nothing that came before its first message"
    )
    func fromNow() async throws {
        try await Self.with { api, key, scope in
            try await api.write([.upsert(.sample("a"))], to: scope)
            var stream = try await EventStreamReader(api, "\(Self.path)?from=now", key: key)
            let place = try #require(try await stream.next()?["id"])
            try await api.write([.upsert(.sample("b"))], to: scope)
            #expect(try await stream.nextChange()?.json["call"]?["call_id"]?.text == "call-b")
            var resumed = try await EventStreamReader(api, "\(Self.path)?from=now", key: key, lastEventID: place)
            #expect(try await resumed.nextChange()?.json["call"]?["call_id"]?.text == "call-b")
        }
    }

    @Test("a silent stream has comments")
    func heartbeat() async throws {
        try await Self.with { api, key, _ in
            var stream = try await EventStreamReader(api, Self.path, key: key)
            _ = try await stream.next()
            for _ in 0..<3 {
                let block = try #require(try await stream.next())
                #expect(block == ["": ""])
            }
        }
    }

    @Test("what cannot begin is a problem, not a stream")
    func refusals() async throws {
        try await Self.with { api, key, scope in
            try await api.write([.upsert(.sample("a")), .upsert(.sample("b"))], to: scope)
            let cursor = try #require(
                try await api.send(.get, "\(Self.path)?limit=1", key: key).json["next_cursor"]?.text
            )
            try await api.prune(scope)
            let cases: [(String, String?, Int)] = [
                ("", cursor, 410), ("?cursor=\(cursor)", nil, 410), ("", "nonsense", 400), ("?cursor=x", nil, 400),
                ("?wait=1", nil, 400), ("?limit=0", nil, 400), ("?from=now&cursor=\(cursor)", nil, 400),
            ]
            for (query, id, status) in cases {
                let stream = try await EventStreamReader(api, Self.path + query, key: key, lastEventID: id)
                #expect(stream.response.status.code == UInt(status), "\(query)")
                #expect(stream.response.headers.first(name: "content-type") == "application/problem+json")
            }
        }
    }

    @Test("a revoked key ends its streams", arguments: ["DELETE", "expire", "removing"])
    func keyEnds(how: String) async throws {
        try await Self.with { api, key, _ in
            var stream = try await EventStreamReader(api, Self.path, key: key)
            _ = try await stream.next()
            let id = key.split(separator: "_")[2]
            switch how {
            case "DELETE":
                let answer = try await api.operate(.delete, "/admin/v1/tenants/807/keys/\(id)")
                try #require(answer.status == .noContent)
            case "expire":
                try await api.sql("UPDATE api_keys SET expires_at = now()")
            default:
                try await api.sql("UPDATE tenants SET status = 'removing'")
            }
            while try await stream.next() != nil {}
        }
    }

    @Test("no more streams than may be are open; one that goes makes room")
    func bound() async throws {
        try await Self.with(atOnce: 1) { api, key, _ in
            do {
                var stream = try await EventStreamReader(api, Self.path, key: key)
                _ = try await stream.next()
                let refused = try await EventStreamReader(api, Self.path, key: key)
                #expect(refused.response.status == .serviceUnavailable)
                #expect(refused.response.headers.first(name: "retry-after") == "10")
                #expect(try await api.send(.get, Self.path, key: key).status == .ok)
            }
            // The reader has gone with its scope.
            while try await EventStreamReader(api, Self.path, key: key).response.status != .ok {
                await Task.yield()
            }
        }
    }

    @Test("while the database is away a stream waits, and goes on when it is back")
    func databaseAway() async throws {
        try await Self.with { api, key, scope in
            var stream = try await EventStreamReader(api, Self.path, key: key)
            _ = try await stream.next()
            try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS false")
            try await Self.admin(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(api.test.name)'"
            )
            for _ in 0..<3 {
                #expect(try await stream.next() == ["": ""])
            }
            try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS true")
            while true {
                do {
                    try await api.write([.upsert(.sample("a"))], to: scope)
                    break
                } catch is StorageError {
                    await Task.yield()
                }
            }
            #expect(try await stream.nextChange()?.json["call"]?["call_id"]?.text == "call-a")
        }
    }

    @Test("graceful shutdown ends a stream")
    func shutDown() async throws {
        try await TestAPI.with(TestAPI.Options(setup: .router)) { api in
            try await api.tenant("807")
            let reading = Reading(api: api, key: try await api.key("connector", of: "807"))
            try await withService(reading) {
                for await _ in reading.hasBegun {
                    break
                }
            }
            let text = try #require(reading.text.withLock { $0 })
            #expect(text.hasPrefix("retry: 1000\n"))
        }
    }

    /// Reads a stream to its end, inside a service, so that its shutdown is the stream's.
    private final class Reading: Service {
        let api: TestAPI
        let key: String
        let hasBegun: AsyncStream<Void>
        private let begin: AsyncStream<Void>.Continuation
        let text = Mutex<String?>(nil)

        init(api: TestAPI, key: String) {
            self.api = api
            self.key = key
            (self.hasBegun, self.begin) = AsyncStream.makeStream(of: Void.self)
        }

        func run() async throws {
            self.begin.yield()
            let answer = try await self.api.send(
                .get,
                FeedStreamTests.path,
                key: self.key,
                headers: [.accept: "text/event-stream"]
            )
            self.text.withLock { $0 = answer.text }
        }
    }

    /// A live server whose streams beat and look often.
    private static func with(
        atOnce: Int = 1_000,
        _ body: @Sendable (TestAPI, String, TenantScope) async throws -> Void
    ) async throws {
        var options = TestAPI.Options(setup: .live)
        options.configure = { configuration in
            configuration.eventStreams = EventStreamLimits(
                atOnce: atOnce,
                heartbeat: .milliseconds(150),
                keyCheck: .milliseconds(200)
            )
        }
        try await TestAPI.with(options) { api in
            try await api.tenant("807")
            try await body(api, try await api.key("connector", of: "807"), try await api.scope("807"))
        }
    }

    private static func admin(_ sql: String) async throws {
        let configuration = try TestDatabase.configuration(database: nil, role: nil)
        let connection = try await PostgresConnection.connect(configuration, logger: Logger(label: "sql"))
        do {
            try await connection.script(sql)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }
}
