import FoundationEssentials
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

    @Test("cursors outlive the server, and those from before there was a retention are still good")
    func cursorsLast() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            try await api.write([.upsert(.sample("a")), .upsert(.sample("b"))], to: scope)
            let page = try await api.send(.get, "/v1/calls/changes?limit=1", key: key)
            let cursor = try #require(page.json["next_cursor"]?.text)
            // "f1.1.807", as it was given out before.
            for cursor in [cursor, "ZjEuMS44MDc"] {
                let answer = try await api.restarted.send(.get, "/v1/calls/changes?cursor=\(cursor)", key: key)
                #expect(answer.data.map { $0["call"]?["call_id"]?.text } == ["call-b"])
            }
        }
    }

    @Test("a reader that may have missed a removed change gets 410 with the way to resynchronise")
    func expired() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            try await api.write(["a", "b", "c"].map { .upsert(.sample($0)) }, to: scope)
            let first = try await api.send(.get, "/v1/calls/changes?limit=1", key: key)
            let early = try #require(first.json["next_cursor"]?.text)
            let whole = try await api.send(.get, "/v1/calls/changes", key: key)
            let end = try #require(whole.json["next_cursor"]?.text)
            try await api.prune(scope)
            try await api.write([.upsert(.sample("d"))], to: scope)
            for cursor in [early, "ZjEuMS44MDc"] {
                for wait in ["", "&wait=1"] {
                    let gone = try await api.send(
                        .get,
                        "/v1/calls/changes?cursor=\(cursor)\(wait)",
                        key: key,
                        headers: [.acceptLanguage: "en"]
                    )
                    #expect(gone.status == .gone)
                    #expect(gone.code == "cursor_expired")
                    #expect(gone.json["detail"]?.text?.contains("/v1/calls/changes?from=beginning") == true)
                    #expect(gone.json["detail"]?.text?.contains("X-Feed-Cursor") == true)
                }
            }
            // One that had read it all goes on.
            let rest = try await api.send(.get, "/v1/calls/changes?cursor=\(end)", key: key)
            #expect(rest.data.map { $0["call"]?["call_id"]?.text } == ["call-d"])
            let anew = try await api.send(.get, "/v1/calls/changes?from=beginning", key: key)
            #expect(anew.data.map { $0["call"]?["call_id"]?.text } == ["call-d"])
        }
    }

    @Test("a walk from the beginning is not disturbed by what was removed before it, nor by what it has read")
    func walkAfterRemoval() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            let old = "2020-01-01T00:00:00Z"
            try await api.write(["a", "b"].map { .upsert(.sample($0)) }, to: scope)
            try await api.write([.upsert(.sample("removed", startedAt: old))], to: scope)
            try await api.prune(scope, before: "2021-01-01T00:00:00Z")
            var seen: [String] = []
            var query = "limit=1"
            var hasMore = true
            while hasMore {
                let page = try await api.send(.get, "/v1/calls/changes?\(query)", key: key)
                try #require(page.status == .ok, "\(page.text)")
                seen += page.data.compactMap { $0["call"]?["call_id"]?.text }
                query = "limit=1&cursor=" + (try #require(page.json["next_cursor"]?.text))
                hasMore = page.json["has_more"] == true
            }
            #expect(seen == ["call-a", "call-b"])
            // The largest seq that was ever removed lies after the last change that is left; all of it was read.
            try await api.prune(scope)
            let after = try await api.send(.get, "/v1/calls/changes?\(query)", key: key)
            #expect(after.status == .ok)
            #expect(after.data.isEmpty)
        }
    }

    @Test(
        "a copy that follows the feed while retention removes is never stale: it begins anew, or has seen each last version"
    )
    func removalsMeanwhile() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let scope = try await api.scope("807")
            try await api.sql(
                """
                CREATE TABLE public.written (id uuid, version integer, withdrawn boolean);
                CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                BEGIN INSERT INTO public.written VALUES (NEW.id, NEW.version, NEW.withdrawn); RETURN NULL; END $$;
                CREATE TRIGGER note AFTER INSERT OR UPDATE ON calls FOR EACH ROW EXECUTE FUNCTION public.note()
                """
            )
            let copy = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<150 {
                        let names = (0..<3).map { _ in "n\(Int.random(in: 0..<20))" }
                        for name in Set(names) {
                            var record = CallRecord.sample(name, startedAt: "2026-11-22T10:\(10 + round % 50):00Z")
                            record.recordingID = "\(round)"
                            try await api.write([Bool.random() ? .upsert(record) : .withdraw(record)], to: scope)
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<80 {
                        try await api.prune(scope, before: "2026-11-22T10:\(Int.random(in: 11...59)):00Z", limit: 2)
                    }
                }
                var copy = Copy()
                for round in 0..<200 {
                    // A reader that is behind: between two pages there are changes, and removals.
                    try await api.write(
                        [.upsert(.sample("m\(round % 7)", startedAt: "2026-11-22T10:00:00Z"))],
                        to: scope
                    )
                    if round % 9 == 8 {
                        try await api.prune(scope, before: "2026-11-22T10:05:00Z")
                    }
                    if round % 4 == 3 {
                        try await copy.read(api, key: key)
                    }
                }
                try await group.waitForAll()
                while try await copy.read(api, key: key) {}
                return copy
            }
            let written = try await api.rows(LastVersions())
            let last = Dictionary(uniqueKeysWithValues: written.map { ($0.id, $0) })
            for (id, version) in copy.versions {
                let final = try #require(last[id])
                #expect(final.version == version && !final.isWithdrawn)
            }
            let there = try await api.test.database.tenant(scope) { transaction in
                try await transaction.calls.list(CallFilter(), after: nil, limit: 100)
            }
            for call in there {
                #expect(copy.versions[call.id.uuidString.lowercased()] == Int64(call.version))
            }
        }
    }

    /// A connector's copy of the calls, kept by the feed.
    private struct Copy {
        var versions: [String: Int64] = [:]
        var cursor: String?

        /// Reads one small page; false when there was nothing new.
        @discardableResult
        mutating func read(_ api: TestAPI, key: String) async throws -> Bool {
            let position = self.cursor.map { "&cursor=\($0)" } ?? ""
            let page = try await api.send(.get, "/v1/calls/changes?limit=2\(position)", key: key)
            guard page.status == .ok else {
                try #require(page.code == "cursor_expired", "\(page.text)")
                self = Copy()
                return true
            }
            for entry in page.data {
                let id = try #require(entry["call"]?["id"]?.text)
                self.versions[id] = entry["op"]?.text == "delete" ? nil : entry["call"]?["version"]?.integer
            }
            self.cursor = page.json["next_cursor"]?.text
            return !page.data.isEmpty
        }
    }

    @Test("a limit is bounded, however large it is asked for")
    func limits() async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            try await api.write((0..<1_001).map { .upsert(.sample("n\($0)")) }, to: try await api.scope("807"))
            for (query, count) in [("", 50), ("?limit=1", 1), ("?limit=1000", 1_000), ("?limit=99999999999999", 1_000)]
            {
                let page = try await api.send(.get, "/v1/calls/changes\(query)", key: key)
                #expect(page.data.count == count)
                #expect(page.json["has_more"] == true)
            }
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

/// The last version that each record ever had.
private struct LastVersions: Statement {
    static let sql: StaticString = """
        SELECT DISTINCT ON (id) id::text, version, withdrawn FROM written ORDER BY id, version DESC
        """

    struct Output: Sendable {
        var id: String
        var version: Int64
        var isWithdrawn: Bool
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(id: try row.next(), version: Int64(try row.next(Int32.self)), isWithdrawn: try row.next())
    }
}

/// Keeps a transaction open for a while.
private struct Delay: Statement {
    static let sql: StaticString = "SELECT pg_sleep($1)"
    var seconds: Double

    func bind(_ bindings: inout Bindings) { bindings.append(self.seconds) }
}
