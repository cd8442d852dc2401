import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTP1
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Exports of calls", .timeLimit(.minutes(5)))
struct CallExportTests {
    private static let ndjson: HTTPFields = [.accept: "application/x-ndjson"]

    @Test("CSV by RFC 4180: the columns of crm.calls, quoted where it must be, values exact")
    func csv() async throws {
        try await Self.with { api, key, scope in
            var odd = CallRecord.sample("b", status: .missed, user: nil, startedAt: "2026-11-22T11:00:00Z")
            odd.clientName = "ООО \"Ромашка\", Москва\r\n=1+1"
            odd.flags = [.conflict, .badEventTime]
            try await api.write([.upsert(.sample("a")), .upsert(odd), .upsert(.sample("gone"))], to: scope)
            try await api.write([.withdraw(.sample("gone"))], to: scope)
            let ids = try await api.send(.get, "/v1/calls", key: key).data.compactMap { $0["id"]?.text }
            let answer = try await api.send(.get, "/v1/calls", key: key, headers: [.accept: "text/csv"])
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "text/csv; charset=utf-8; header=present")
            #expect(answer.headers[.contentDisposition] == #"attachment; filename="calls.csv""#)
            let columns = try await api.rows(CRMColumns())
            let lines = [
                columns.joined(separator: ","),
                "\(ids[0]),1,incoming,missed,call-b,101-b,,101,2566*101,phone,+79161112233,+79161112233,"
                    + "\"ООО \"\"Ромашка\"\", Москва\r\n=1+1\",74959998877,2026-11-22T11:00:00.000000Z,,"
                    + "2026-11-22T11:01:02.000000Z,0,,,false,false,false,bad_event_time conflict,2,1",
                "\(ids[1]),1,incoming,answered,call-a,101-a,u1,101,2566*101,phone,+79161112233,+79161112233,,"
                    + "74959998877,2026-11-22T10:00:00.000001Z,2026-11-22T10:00:01.000001Z,"
                    + "2026-11-22T10:01:02.000001Z,61000000,,,false,false,false,,2,1",
            ]
            #expect(answer.text == lines.map { $0 + "\r\n" }.joined())
        }
    }

    @Test("NDJSON has the calls of the list in its order, over all pages; filters choose")
    func ndjson() async throws {
        try await Self.with(pageSize: 3) { api, key, scope in
            try await api.write((0..<10).map { .upsert(.sample("n\($0)")) }, to: scope)
            try await api.write([.upsert(.sample("out", direction: .outgoing, status: .busy))], to: scope)
            for query in ["", "?direction=outgoing", "?number=%2B79161112233&direction=incoming", "?user_id=nobody"] {
                let list = try await api.send(.get, "/v1/calls\(query)", key: key)
                let export = try await api.send(.get, "/v1/calls\(query)", key: key, headers: Self.ndjson)
                #expect(export.headers[.contentType] == "application/x-ndjson")
                #expect(export.headers[.vary] == "Accept")
                #expect(Self.calls(export) == list.data)
            }
            for query in ["?limit=1", "?cursor=x", "?status=gone"] {
                let refused = try await api.send(.get, "/v1/calls\(query)", key: key, headers: Self.ndjson)
                #expect(refused.status == .badRequest)
            }
        }
    }

    @Test("an export and the feed from its cursor are the table, whatever is written meanwhile")
    func snapshot() async throws {
        try await Self.with(pageSize: 2) { api, key, scope in
            try await api.write((0..<20).map { .upsert(.sample("n\($0)")) }, to: scope)
            let copies = try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for round in 0..<40 {
                            var record = CallRecord.sample("n\(Int.random(in: 0..<30))")
                            record.recordingID = "\(writer)-\(round)"
                            try await api.write([round % 3 == 0 ? .withdraw(record) : .upsert(record)], to: scope)
                        }
                    }
                }
                var copies: [Copy] = []
                for _ in 0..<8 {
                    copies.append(Copy(try await api.send(.get, "/v1/calls", key: key, headers: Self.ndjson)))
                }
                try await group.waitForAll()
                return copies
            }
            let table = Copy(try await api.send(.get, "/v1/calls", key: key, headers: Self.ndjson))
            for var copy in copies {
                let exported = copy.versions
                let changes = try await api.send(
                    .get,
                    "/v1/calls/changes?limit=1000&cursor=\(try #require(copy.cursor))",
                    key: key
                )
                try #require(changes.status == .ok)
                for entry in changes.data {
                    let id = try #require(entry["call"]?["id"]?.text)
                    let version = entry["call"]?["version"]?.integer
                    // Of the same instant: nothing in the export is also a change after it.
                    #expect(exported[id] == nil || exported[id] ?? 0 < version ?? 0)
                    copy.versions[id] = entry["op"]?.text == "delete" ? nil : version
                }
                #expect(copy.versions == table.versions)
            }
        }
    }

    @Test("no more exports than may be are in progress; an export that ends makes room")
    func bound() async throws {
        try await Self.with(atOnce: 1, setup: .live) { api, key, scope in
            try await api.write([.upsert(.sample("a"))], to: scope)
            let lock = try await Self.lockCalls(api)
            let first = try await Self.begin(api, key: key)
            #expect(first.status == .ok)
            let refused = try await Self.begin(api, key: key)
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.headers.first(name: "retry-after") == "10")
            await lock.close()
            let text = String(buffer: try await first.body.collect(upTo: 1 << 20))
            #expect(text.split(separator: "\n").count == 1)
            while try await Self.begin(api, key: key).status != .ok {
                await Task.yield()
            }
        }
    }

    @Test("an export that fails half-way breaks the connection: nobody takes it for a whole one")
    func brokenOff() async throws {
        try await Self.with(setup: .live) { api, key, scope in
            try await api.write([.upsert(.sample("a"))], to: scope)
            let lock = try await Self.lockCalls(api)
            let export = try await Self.begin(api, key: key)
            #expect(export.status == .ok)
            while try await api.rows(TerminateWaiting()).isEmpty {
                await Task.yield()
            }
            await #expect(throws: (any Error).self) { _ = try await export.body.collect(upTo: 1 << 20) }
            await lock.close()
        }
    }

    @Test("an export that takes too long is broken off, and gives its connection back")
    func tooLong() async throws {
        try await Self.with(time: .seconds(2), setup: .live) { api, key, scope in
            try await api.write([.upsert(.sample("a"))], to: scope)
            let lock = try await Self.lockCalls(api)
            let export = try await Self.begin(api, key: key)
            #expect(export.status == .ok)
            await #expect(throws: (any Error).self) { _ = try await export.body.collect(upTo: 1 << 20) }
            await lock.close()
            while api.exports.inProgress > 0 {
                await Task.yield()
            }
            #expect(try await api.send(.get, "/v1/calls", key: key).data.count == 1)
        }
    }

    @Test("a reader that goes ends its export")
    func readerGoes() async throws {
        try await Self.with(pageSize: 1, setup: .live) { api, key, scope in
            try await api.write((0..<500).map { .upsert(.sample("n\($0)")) }, to: scope)
            _ = try await Self.begin(api, key: key)
            while api.exports.inProgress > 0 {
                await Task.yield()
            }
        }
    }

    @Test("another tenant's calls are not in it")
    func isolation() async throws {
        try await Self.with { api, _, scope in
            try await api.tenant("808")
            try await api.write([.upsert(.sample("a"))], to: scope)
            let other = try await api.key("connector", of: "808")
            let export = try await api.send(.get, "/v1/calls", key: other, headers: Self.ndjson)
            #expect(export.status == .ok)
            #expect(export.text.isEmpty)
        }
    }

    /// The calls of an export by id, with their versions.
    private struct Copy {
        var versions: [String: Int64] = [:]
        var cursor: String?

        init(_ export: TestAPI.Answer) {
            for call in CallExportTests.calls(export) {
                self.versions[call["id"]?.text ?? ""] = call["version"]?.integer
            }
            self.cursor = export.headers[.feedCursor]
        }
    }

    private static func calls(_ export: TestAPI.Answer) -> [JSONValue] {
        export.text.split(separator: "\n").map { (try? JSONParser.parse(Array($0.utf8))) ?? .null }
    }

    /// Begins an export over a connection of its own, without reading it.
    private static func begin(_ api: TestAPI, key: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(api.client.port ?? 0)/v1/calls")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        request.headers.add(name: "Accept", value: "application/x-ndjson")
        return try await HTTPClient.shared.execute(request, deadline: .distantFuture)
    }

    /// Keeps everybody from reading calls until it is closed.
    private static func lockCalls(_ api: TestAPI) async throws -> PostgresConnection {
        let connection = try await PostgresConnection.connect(api.test.superuser, logger: Logger(label: "lock"))
        try await connection.script("BEGIN")
        try await connection.script("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        return connection
    }

    /// The columns of the SQL view.
    private struct CRMColumns: Statement {
        static let sql: StaticString = """
            SELECT attname::text FROM pg_attribute
            WHERE attrelid = 'crm.calls'::regclass AND attnum > 0 ORDER BY attnum
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    /// Ends the sessions of this database that wait for a lock.
    private struct TerminateWaiting: Statement {
        static let sql: StaticString = """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
    }

    private static func with(
        atOnce: Int = 4,
        time: Duration = .seconds(900),
        pageSize: Int = 1_000,
        setup: TestingSetup = .router,
        _ body: @Sendable (TestAPI, String, TenantScope) async throws -> Void
    ) async throws {
        var options = TestAPI.Options(setup: setup)
        options.exports = { database in
            CallExports(
                database: database,
                atOnce: atOnce,
                time: time,
                pageSize: pageSize,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
        try await TestAPI.with(options) { api in
            try await api.tenant("807")
            try await body(api, try await api.key("connector", of: "807"), try await api.scope("807"))
        }
    }
}
