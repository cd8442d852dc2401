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

@Suite("GET /v1/live", .timeLimit(.minutes(5)))
struct LiveTests {
    private static let path = "/v1/live"

    @Test(
        "polling: a card has exactly the members of the contract, each message comes once, and a cursor holds on a restart"
    )
    func polling() async throws {
        try await Self.with { api, key, token in
            let begin = try await api.send(.get, Self.path, key: key)
            #expect(begin.status == .ok)
            #expect(begin.json.members?.map(\.name) == ["data", "next_cursor", "skipped"])
            #expect(begin.data == [])
            #expect(begin.json["skipped"] == false)
            #expect(begin.headers[.cacheControl] == "no-store")
            #expect(begin.headers[.vary] == "Accept")
            try await Self.send(
                api,
                token,
                "dial-in",
                "CallerIDNum=%2B79161112233&CallerIDName=Ivan&CalledDID=74959998877"
            )
            let cursor = try Self.cursor(of: begin)
            let shown = try await api.send(.get, "\(Self.path)?cursor=\(cursor)", key: key)
            let at = try #require(shown.data.first?["at"]?.text)
            let expected: JSONValue = [
                "event": "card.show", "card_id": "101-a", "call_id": "c1", "direction": "incoming", "user_id": "u1",
                "extension": ["id": 101, "name": "2566*101", "type": "phone"], "client_number": "+79161112233",
                "client_name": "Ivan", "did": "74959998877", "at": .string(at),
            ]
            #expect(shown.data == [expected])
            try await Self.send(api, token, "answer")
            let next = "\(Self.path)?cursor=\(try Self.cursor(of: shown))"
            let answered = try await api.restarted.send(.get, next, key: key)
            #expect(answered.data.map { $0["event"]?.text } == ["card.answered"])
            #expect(answered.data.first?["client_number"]?.text == "+79161112233")
            try await Self.send(api, token, "answer")
            let nothing = try await api.send(.get, "\(Self.path)?cursor=\(try Self.cursor(of: answered))", key: key)
            #expect(nothing.data == [])
            // The old cursor gives what came after it, again.
            let again = try await api.send(.get, "\(Self.path)?cursor=\(cursor)", key: key)
            #expect(again.data.map { $0["event"]?.text } == ["card.show", "card.answered"])
        }
    }

    @Test("a reader that waits is woken by the event, and by an agent's login; without news it has its answer in time")
    func waiting() async throws {
        try await Self.with { api, key, token in
            let begin = try Self.cursor(of: try await api.send(.get, Self.path, key: key))
            async let woken = api.send(.get, "\(Self.path)?cursor=\(begin)&wait=30", key: key)
            try await Self.send(api, token, "dial-in")
            let shown = try await woken
            #expect(shown.data.map { $0["event"]?.text } == ["card.show"])

            let agent = try #require(try await Self.agents(api)[136])
            let quiet = try Self.cursor(of: try await api.send(.get, Self.path, key: key))
            async let login = api.send(.get, "\(Self.path)?cursor=\(quiet)&wait=30", key: key)
            let stored = try await api.send(.post, "/agent-event/\(agent)", body: "agent_status=available")
            #expect(stored.status == .ok)
            let told = try await login
            #expect(told.data.map { $0["event"]?.text } == ["agent.status"])
            #expect(told.data.first?.members?.map(\.name).first == "event")
            let listed = try await api.send(.get, "/v1/agents", key: key)
            #expect(listed.data.map { $0.members ?? [] } == told.data.map { Array(($0.members ?? []).dropFirst()) })

            let silent = try await api.send(.get, "\(Self.path)?wait=1", key: key)
            #expect(silent.status == .ok && silent.data == [])
            #expect(silent.headers[.connection] == "close")
        }
    }

    @Test("a stream: show, answered and hide as they come; a reader that comes back goes on after the last it had")
    func stream() async throws {
        try await Self.with(setup: .live) { api, key, token in
            var stream = try await EventStreamReader(api, Self.path, key: key)
            #expect(stream.response.headers.first(name: "content-type") == "text/event-stream")
            let opening = try #require(try await stream.next())
            #expect(opening["retry"] == "1000")
            let begin = try #require(opening["id"])
            var ids: [String] = []
            for (type, event) in [("dial-in", "card.show"), ("answer", "card.answered"), ("hangup", "card.hide")] {
                try await Self.send(api, token, type)
                let message = try #require(try await stream.nextChange())
                #expect(message["event"] == event)
                #expect(message.json["event"]?.text == event)
                #expect(message.json["card_id"]?.text == "101-a")
                ids.append(try #require(message["id"]))
            }
            for (id, expected) in [(begin, "card.show"), (ids[0], "card.answered"), (ids[1], "card.hide")] {
                var resumed = try await EventStreamReader(api, Self.path, key: key, lastEventID: id)
                #expect(try await resumed.nextChange()?["event"] == expected)
                var byCursor = try await EventStreamReader(api, "\(Self.path)?cursor=\(id)", key: key)
                #expect(try await byCursor.nextChange()?["event"] == expected)
            }
        }
    }

    @Test("an event that is committed late is told, after what was committed before it")
    func lateCommit() async throws {
        try await Self.with(setup: .live) { api, key, token in
            var stream = try await EventStreamReader(api, Self.path, key: key)
            _ = try await stream.next()
            let writer = try await PostgresConnection.connect(api.test.superuser, logger: Logger(label: "sql"))
            try await writer.script("BEGIN")
            try await writer.script(
                """
                INSERT INTO events (tenant_id, extension_id, call_id, fields) VALUES ('807', 101, 'late',
                  '{"EventType": "dial-in", "CallID": "late", "SubCallID": "101-late", "CallerIDNum": "+79161112233"}')
                """
            )
            try await Self.send(api, token, "dial-in")
            #expect(try await stream.nextChange()?.json["card_id"]?.text == "101-a")
            try await writer.script("COMMIT")
            await writer.close()
            #expect(try await stream.nextChange()?.json["card_id"]?.text == "101-late")
            try await Self.send(api, token, "hangup")
            #expect(try await stream.nextChange()?["event"] == "card.hide")
        }
    }

    @Test("tenants see their own cards, whoever's cursor they use")
    func isolation() async throws {
        try await Self.with(setup: .live) { api, key, token in
            try await api.tenant("808")
            let other = try await api.key("connector", of: "808")
            let begin = try Self.cursor(of: try await api.send(.get, Self.path, key: key))
            let foreign = try Self.cursor(of: try await api.send(.get, Self.path, key: other))
            try await Self.send(api, token, "dial-in")
            for cursor in [begin, foreign] {
                #expect(try await api.send(.get, "\(Self.path)?cursor=\(cursor)", key: other).data == [])
                #expect(try await api.send(.get, "\(Self.path)?cursor=\(cursor)", key: key).data.count == 1)
            }
        }
    }

    @Test("a cursor that is too old begins now again, and says so")
    func skipped() async throws {
        try await Self.with(setup: .live) { api, key, token in
            let cursor = try Self.cursor(of: try await api.send(.get, Self.path, key: key))
            var place = try LivePlace(cursor: cursor)
            place.instant = place.instant.advanced(bySeconds: -61)
            try await Self.send(api, token, "dial-in")
            let answer = try await api.send(.get, "\(Self.path)?cursor=\(place.cursor)&wait=30", key: key)
            #expect(answer.json["skipped"] == true)
            #expect(answer.data == [])
            let next = try Self.cursor(of: answer)
            var stream = try await EventStreamReader(api, Self.path, key: key, lastEventID: place.cursor)
            _ = try await stream.next()
            #expect(try await stream.nextChange()?["event"] == "skipped")
            try await Self.send(api, token, "hangup")
            #expect(try await stream.nextChange()?["event"] == "card.hide")
            let hidden = try await api.send(.get, "\(Self.path)?cursor=\(next)", key: key)
            #expect(hidden.data.map { $0["event"]?.text } == ["card.hide"])
            #expect(hidden.json["skipped"] == false)
        }
    }

    @Test("what cannot be read is refused")
    func refusals() async throws {
        try await Self.with { api, key, _ in
            let feed = try #require(
                try await api.send(.get, "/v1/calls/changes", key: key).json["next_cursor"]?.text
            )
            let broken = Cursor.encode(.live, "1.7:6:")
            for query in ["cursor=x", "cursor=\(feed)", "cursor=\(broken)", "wait=31", "wait=-1", "limit=1", "cursor="]
            {
                let answer = try await api.send(.get, "\(Self.path)?\(query)", key: key)
                #expect(answer.status == .badRequest, "\(query)")
                let stream = try await api.send(
                    .get,
                    "\(Self.path)?\(query)",
                    key: key,
                    headers: [.accept: "text/event-stream"]
                )
                #expect(stream.status == .badRequest, "\(query)")
            }
            #expect(try await api.send(.get, Self.path).status == .unauthorized)
            #expect(try await api.operate(.get, Self.path).status == .forbidden)
            let csv = try await api.send(.get, Self.path, key: key, headers: [.accept: "text/csv"])
            #expect(csv.status == .notAcceptable)
        }
    }

    @Test("streams of both feeds share one bound; a silent stream has comments with its place; a revoked key ends it")
    func bounds() async throws {
        try await Self.with(setup: .live, atOnce: 1, heartbeat: .milliseconds(150)) { api, key, _ in
            do {
                var stream = try await EventStreamReader(api, Self.path, key: key)
                _ = try await stream.next()
                let silence = try #require(try await stream.next())
                #expect(Set(silence.keys) == ["", "id"])
                let refused = try await EventStreamReader(api, "/v1/calls/changes", key: key)
                #expect(refused.response.status == .serviceUnavailable)
                try await api.sql("UPDATE api_keys SET expires_at = now()")
                while try await stream.next() != nil {}
            }
        }
    }

    @Test("graceful shutdown ends a stream, and a wait")
    func shutDown() async throws {
        try await Self.with { api, key, _ in
            for accept in ["text/event-stream", "application/json"] {
                let reading = Reading(api: api, key: key, accept: accept)
                try await withService(reading) {
                    for await _ in reading.hasBegun {
                        break
                    }
                }
                #expect(reading.status.withLock { $0 } == .ok)
            }
        }
    }

    /// Reads to the end, inside a service, so that its shutdown is the answer's.
    private final class Reading: Service {
        let api: TestAPI
        let key: String
        let accept: String
        let hasBegun: AsyncStream<Void>
        private let begin: AsyncStream<Void>.Continuation
        let status = Mutex<HTTPResponse.Status?>(nil)

        init(api: TestAPI, key: String, accept: String) {
            self.api = api
            self.key = key
            self.accept = accept
            (self.hasBegun, self.begin) = AsyncStream.makeStream(of: Void.self)
        }

        func run() async throws {
            self.begin.yield()
            let query = self.accept == "application/json" ? "?wait=30" : ""
            let answer = try await self.api.send(
                .get,
                LiveTests.path + query,
                key: self.key,
                headers: [.accept: self.accept]
            )
            self.status.withLock { $0 = answer.status }
        }
    }

    /// Tenant 807 with the mapped phone 101, whose event token is given. Its streams look for news by themselves only once an
    /// hour, so that nothing comes that nobody woke them for.
    private static func with(
        setup: TestingSetup = .router,
        atOnce: Int = 1_000,
        heartbeat: Duration = .seconds(3_600),
        _ body: @Sendable (TestAPI, String, String) async throws -> Void
    ) async throws {
        var options = TestAPI.Options(setup: setup)
        options.configure = { configuration in
            configuration.eventStreams = EventStreamLimits(
                atOnce: atOnce,
                heartbeat: heartbeat,
                keyCheck: .milliseconds(200)
            )
        }
        try await TestAPI.with(options) { api in
            let token = try await api.phone(of: "807")
            try await body(api, try await api.key("connector", of: "807"), token)
        }
    }

    /// An event of the leg `101-a`.
    private static func send(_ api: TestAPI, _ token: String, _ type: String, _ fields: String = "") async throws {
        let answer = try await api.send(
            .post,
            "/ext-event/\(token)",
            body: "EventType=\(type)&CallID=C1&SubCallID=101-a&CallerIDNum=%2B79161112233&\(fields)"
        )
        try #require(answer.status == .ok)
    }

    private static func cursor(of answer: TestAPI.Answer) throws -> String {
        try #require(answer.json["next_cursor"]?.text, "\(answer.text)")
    }

    /// Gives the tenant an agent's presence.
    private static func agents(_ api: TestAPI) async throws -> [Int64: String] {
        let body = TestAPI.tenantBody.adding("settings", ["agent_presence": true])
        try #require(try await api.operate(.put, "/admin/v1/tenants/807", json: body).status == .ok)
        return try await TenantFixture.subscribe(
            [(136, "2566*101")],
            of: try await api.scope("807"),
            in: api.test.database,
            keyRing: api.keyRing
        ).mapValues(\.text)
    }
}
