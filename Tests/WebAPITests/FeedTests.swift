import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage
@testable import WebAPI

@Suite("Change feed", .timeLimit(.minutes(5)))
struct FeedTests {
    @Test("changes come in order, each record once at its latest version, deletes with their content")
    func order() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            try await api.write([.upsert(.sample("a")), .upsert(.sample("b"))], to: scope)
            let first = try await api.send(.get, "/v1/calls/changes?limit=1", key: key)
            #expect(first.json["has_more"] == true)
            #expect(first.data.map { $0["op"]?.text } == ["upsert"])
            #expect(first.data.first?["call"]?["call_id"]?.text == "call-a")
            let cursor = try #require(first.json["next_cursor"]?.text)

            try await api.write([.withdraw(.sample("a"))], to: scope)
            let rest = try await api.send(.get, "/v1/calls/changes?cursor=\(cursor)", key: key)
            #expect(rest.data.map { $0["op"]?.text } == ["upsert", "delete"])
            #expect(rest.data.map { $0["call"]?["call_id"]?.text } == ["call-b", "call-a"])
            #expect(rest.data.last?["call"]?["version"]?.integer == 2)
            #expect(rest.data.map { $0["seq"]?.integer } == [2, 3])
            #expect(rest.json["has_more"] == false)

            let end = try #require(rest.json["next_cursor"]?.text)
            let empty = try await api.send(.get, "/v1/calls/changes?cursor=\(end)", key: key)
            #expect(empty.data.isEmpty)
            #expect(empty.json["next_cursor"]?.text == end)
            #expect(try await api.send(.get, "/v1/calls", key: key).data.count == 1)
        }
    }

    @Test(
        "another tenant's cursor, one ahead of the feed and one never given out are refused, not followed past changes"
    )
    func foreignCursors() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            let scope = try await api.scope("807")
            try await api.write([.upsert(.sample("a")), .upsert(.sample("b"))], to: scope)
            try await api.write([.upsert(.sample("c"))], to: try await api.scope("808"))
            let first = try await api.send(
                .get,
                "/v1/calls/changes?limit=1",
                key: try await api.key("connector", of: "807")
            )
            let given = try #require(first.json["next_cursor"]?.text)
            let other = try await api.key("connector", of: "808")
            let ahead = Cursor.encode(.feed, "999.808")
            for cursor in [given, ahead, Cursor.encode(.feed, "+1.808"), Cursor.encode(.feed, "1")] {
                let answer = try await api.send(.get, "/v1/calls/changes?cursor=\(cursor)", key: other)
                #expect(answer.status == .badRequest)
                #expect(answer.code == "invalid_cursor")
            }
        }
    }

    @Test("from=now begins after what is there")
    func now() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            try await api.write([.upsert(.sample("a"))], to: scope)
            let start = try await api.send(.get, "/v1/calls/changes?from=now", key: key)
            #expect(start.data.isEmpty)
            let cursor = try #require(start.json["next_cursor"]?.text)
            try await api.write([.upsert(.sample("b"))], to: scope)
            let next = try await api.send(.get, "/v1/calls/changes?cursor=\(cursor)", key: key)
            #expect(next.data.map { $0["call"]?["call_id"]?.text } == ["call-b"])
        }
    }

    @Test(
        "bad parameters are 400",
        arguments: [
            ("cursor=!", "invalid_cursor"), ("cursor=", "invalid_cursor"), ("cursor=ZjEuLTE", "invalid_cursor"),
            ("cursor=YzEuMQ", "invalid_cursor"), ("from=later", "invalid_parameter"), ("wait=31", "invalid_parameter"),
            ("wait=-1", "invalid_parameter"), ("limit=0", "invalid_parameter"), ("since=1", "unknown_parameter"),
            ("cursor=ZjEuMQ&from=now", "invalid_parameter"),
        ]
    )
    func bad(query: String, code: String) async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let answer = try await api.send(.get, "/v1/calls/changes?\(query)", key: key)
            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
        }
    }

    @Test("a waiting reader gets a change when it comes, over a real connection")
    func longPoll() async throws {
        try await TestAPI.with(TestAPI.Options(setup: .live)) { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            let begin = ContinuousClock.now
            async let waiting = api.send(.get, "/v1/calls/changes?wait=30", key: key)
            try await api.write([.upsert(.sample("a"))], to: scope)
            let answer = try await waiting
            #expect(answer.data.count == 1)
            #expect(ContinuousClock.now - begin < .seconds(20))
        }
    }

    @Test("a reader that waits in vain gets an empty page and its cursor back")
    func waitInVain() async throws {
        try await TestAPI.with(TestAPI.Options(setup: .live)) { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let answer = try await api.send(.get, "/v1/calls/changes?wait=1", key: key)
            #expect(answer.status == .ok)
            #expect(answer.data.isEmpty)
            #expect(answer.json["next_cursor"]?.text != nil)
            #expect(answer.headers[.connection] == "close")
        }
    }

    @Test("8 writers that commit in random order with delays: the reader gets every change exactly once")
    func concurrentWriters() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            try await api.tenant("808")
            let key = try await api.key("connector", of: "807")
            let (scope, other) = (try await api.scope("807"), try await api.scope("808"))
            let (writers, rounds) = (8, 20)
            let seen = try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for round in 0..<rounds {
                            let names = (0...(round % 3)).map { "\(writer)-\(round)-\($0)" }
                            try await api.test.database.system { transaction in
                                let results = names.map { AssemblyResult(.upsert(.sample($0)), of: scope) }
                                _ = try await transaction.postgres.execute(Delay(seconds: .random(in: 0...0.01)))
                                try await transaction.assembly.write(
                                    results + [AssemblyResult(.upsert(.sample("other-\(writer)-\(round)")), of: other)]
                                )
                                _ = try await transaction.postgres.execute(Delay(seconds: .random(in: 0...0.01)))
                            }
                        }
                    }
                }
                let expected = (0..<rounds).map { $0 % 3 + 1 }.reduce(0, +) * writers
                let seen = try await Self.follow(api, key: key, until: expected)
                try await group.waitForAll()
                return seen
            }
            let rest = try await Self.follow(api, key: key, until: 0, from: seen.cursor)
            #expect(rest.calls.isEmpty)
            #expect(Set(seen.calls).count == seen.calls.count)
            #expect(seen.calls.count == (0..<rounds).map { $0 % 3 + 1 }.reduce(0, +) * writers)
            #expect(seen.seqs == seen.seqs.sorted())
        }
    }

    private struct Seen {
        var calls: [String] = []
        var seqs: [Int64] = []
        var cursor: String?
    }

    /// Follows the cursor until that many changes were seen, and once more.
    private static func follow(
        _ api: TestAPI,
        key: String,
        until count: Int,
        from cursor: String? = nil
    ) async throws -> Seen {
        var seen = Seen(cursor: cursor)
        repeat {
            let position = seen.cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await api.send(.get, "/v1/calls/changes?limit=7&wait=1\(position)", key: key)
            try #require(page.status == .ok)
            seen.calls += page.data.compactMap { $0["call"]?["call_id"]?.text }
            seen.seqs += page.data.compactMap { $0["seq"]?.integer }
            seen.cursor = page.json["next_cursor"]?.text
        } while seen.calls.count < count
        return seen
    }
}

/// Keeps a transaction open for a while.
private struct Delay: Statement {
    static let sql: StaticString = "SELECT pg_sleep($1)"
    var seconds: Double

    func bind(_ bindings: inout Bindings) { bindings.append(self.seconds) }
}
