import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Spool
import Storage
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("The database goes away", .timeLimit(.minutes(5)))
struct DatabaseAwayTests {
    @Test("everything that needs it answers 503 as a problem, and recovers by itself")
    func awayAndBack() async throws {
        try await TestAPI.with { api in
            let token = try await api.phone(of: "807")
            let key = try await api.key("connector", of: "807")
            #expect(try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1").status == .ok)
            try await Self.take(away: api)
            let requests: [(HTTPRequest.Method, String, String?)] = [
                (.get, "/v1/calls", key), (.get, "/v1/calls/changes?wait=1", key),
                (.get, "/admin/v1/tenants", TestAPI.operatorKey), (.post, "/ext-event/\(token)?CallID=c2", nil),
                (.post, "/ext-event/unknown", nil),
            ]
            for (method, path, key) in requests {
                let answer = try await api.send(method, path, key: key)
                #expect(answer.status == .serviceUnavailable, "\(path): \(answer.text)")
                #expect(answer.code == "database_unavailable")
                #expect(answer.headers[.retryAfter] == "1")
                #expect(answer.headers[.contentType] == "application/problem+json")
            }
            #expect(try await api.send(.get, "/healthz").status == .ok)
            // The bootstrap operator needs no database.
            #expect(try await api.operate(.get, "/metrics").status == .ok)

            try await Self.giveBack(api)
            while try await api.send(.post, "/ext-event/\(token)?CallID=c3").status != .ok {
                await Task.yield()
            }
            while try await api.send(.get, "/v1/calls", key: key).status != .ok {
                await Task.yield()
            }
            let stored = try await api.rows(StoredEvents()).compactMap(\.callID)
            #expect(Set(stored).isSuperset(of: ["c1", "c3"]))
        }
    }

    /// What came before the fault, what while it lasted and what after it: all that was acknowledged is stored, once.
    @Test("with a spool events are acknowledged while it is away, and stored with their real arrival when it is back")
    func spooled() async throws {
        let directory = SpoolDirectory()
        let options = TestAPI.Options(spool: { EventSpool.test(try await directory.spool(), on: $0) })
        try await TestAPI.with(options) { api in
            let token = try await api.phone(of: "807")
            let spool = try #require(api.spool)
            #expect(try await api.send(.post, "/ext-event/\(token)", body: "CallID=before").status == .ok)
            let before = WebAPIDependencies.systemClock()
            try await Self.take(away: api)
            for number in 0..<40 {
                let answer = try await api.send(
                    .post,
                    "/ext-event/\(token)",
                    body: "CallID=away\(number)&EventType=hangup"
                )
                #expect(answer.status == .ok)
                #expect(answer.text == "{}")
            }
            // One that is quarantined is as durable.
            #expect(try await api.send(.post, "/ext-event/\(token)", body: "EventType=hangup").status == .ok)
            #expect(spool.statistics.events == 41)
            // Nothing that opens anything lies on the disk.
            let kept = try FileManager.default.contentsOfDirectory(atPath: directory.path).reduce(into: Data()) {
                $0 += try Data(contentsOf: URL(filePath: "\(directory.path)/\($1)"))
            }
            #expect(kept.firstRange(of: Data("away7".utf8)) != nil)
            #expect(kept.firstRange(of: Data(token.utf8)) == nil)
            // A token that memory does not know may be one that was made meanwhile: neither 404 nor 200.
            let unknown = try await api.send(.post, "/ext-event/unknown", body: "CallID=x")
            #expect(unknown.status == .serviceUnavailable)
            #expect(unknown.code == "database_unavailable")
            #expect(unknown.headers[.retryAfter] == "1")
            let after = WebAPIDependencies.systemClock()
            try await Self.giveBack(api)
            while spool.isInUse || spool.statistics.events > 0 { await Task.yield() }
            #expect(try await api.send(.post, "/ext-event/\(token)", body: "CallID=after").status == .ok)

            let stored = try await api.rows(ArrivedEvents())
            var callIDs: [String?] = ["before"]
            callIDs += (0..<40).map { "away\($0)" }
            callIDs += [nil, "after"]
            #expect(stored.map(\.callID) == callIDs)
            #expect(stored.filter { $0.quarantine != nil }.map(\.callID) == [nil])
            #expect(stored[1..<42].allSatisfy { before <= $0.arrivedAt && $0.arrivedAt <= after })
            #expect(stored.allSatisfy { $0.tenant == "807" && $0.extensionID == 101 })
            let due = try await api.rows(DueCallIDs())
            #expect(Set(due) == Set(callIDs.compactMap(\.self)))
        }
    }

    /// CallIDs of the events that were answered 200.
    private final class Acknowledged: Sendable {
        let callIDs = Mutex<Set<String>>([])
    }

    @Test(
        "outages at random moments under load: what was acknowledged is stored, in every round",
        arguments: [1, 2, 3]
    )
    func outages(seed: UInt64) async throws {
        let directory = SpoolDirectory()
        let options = TestAPI.Options(spool: { EventSpool.test(try await directory.spool(), on: $0) })
        try await TestAPI.with(options) { api in
            let token = try await api.phone(of: "807")
            let spool = try #require(api.spool)
            let acknowledged = Acknowledged()
            var random = SeededGenerator(seed: seed)
            // How many events are acknowledged before each change of the weather.
            let moments = (0..<6).map { _ in Int.random(in: 1...40, using: &random) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        var number = 0
                        while !Task.isCancelled {
                            let callID = "c\(sender)-\(number)"
                            number += 1
                            let answer = try await api.send(.post, "/ext-event/\(token)", body: "CallID=\(callID)")
                            if answer.status == .ok {
                                acknowledged.callIDs.withLock { _ = $0.insert(callID) }
                            }
                        }
                    }
                }
                for (round, count) in moments.enumerated() {
                    let target = acknowledged.callIDs.withLock { $0.count } + count
                    while acknowledged.callIDs.withLock({ $0.count }) < target { await Task.yield() }
                    if round.isMultiple(of: 2) {
                        try await Self.take(away: api)
                    } else {
                        try await Self.giveBack(api)
                    }
                }
                group.cancelAll()
                // What a cancelled request throws says nothing about its event.
                while let result = await group.nextResult() { _ = result }
            }
            while spool.isInUse || spool.statistics.events > 0 { await Task.yield() }
            let stored = try await api.rows(ArrivedEvents()).compactMap(\.callID)
            let expected = acknowledged.callIDs.withLock { $0 }
            #expect(expected.count >= moments.reduce(0, +))
            #expect(expected.subtracting(stored) == [])
        }
    }

    @Test("what a process left in its spool is stored by the next one, once, whatever the first had done with it")
    func restarted() async throws {
        let directory = SpoolDirectory()
        let left = try await directory.spool()
        let events = (0..<1200).map { number in
            LateEvent(
                eventID: EventSpool.randomEventID(),
                tenantID: TenantID(rawValue: number == 600 ? "gone" : "807"),
                extensionID: ExtensionID(rawValue: 101),
                arrivedAt: Timestamp(microseconds: 1_650_000_000_000_000 + Int64(number)),
                callID: CallID(rawValue: "c\(number)"),
                fields: Array("{\"CallID\":\"c\(number)\"}".utf8),
                source: "192.0.2.1"
            )
        }
        try await left.append(events)
        await left.close()
        try await TestDatabase.with { test in
            let superuser = try await PostgresConnection.connect(test.superuser, logger: Logger(label: "sql"))
            try await superuser.script(
                "INSERT INTO tenants (tenant_id, name, pbx_app_id, pbx_app_secret_sealed) VALUES ('807', 'n', 'a', 's')"
            )
            let spool = EventSpool.test(try await directory.spool(), on: test.database)
            try await withService(spool) {
                while spool.statistics.events > 0 { await Task.yield() }
            }
            // As after a crash between the commit there and the removal here.
            try await LateEventStore(database: test.database).write(events)
            let stored = try await superuser.execute(ArrivedEvents())
            await superuser.close()
            let expected = events.filter { $0.tenantID.rawValue == "807" }
            #expect(stored.map(\.callID) == expected.map { $0.callID?.rawValue })
            #expect(stored.map(\.arrivedAt) == expected.map(\.arrivedAt))
            #expect(stored.map(\.eventID) == expected.map(\.eventID))
        }
    }

    /// The stored events by arrival.
    private struct ArrivedEvents: Statement {
        static let sql: StaticString = """
            SELECT event_id, tenant_id, extension_id, call_id, arrived_at, quarantine FROM events
            ORDER BY arrived_at, event_id
            """

        struct Output: Sendable {
            var eventID: Int64
            var tenant: String
            var extensionID: Int64
            var callID: String?
            var arrivedAt: Timestamp
            var quarantine: String?
        }

        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(
                eventID: try row.next(),
                tenant: try row.next(),
                extensionID: try row.next(),
                callID: try row.nextOptional(),
                arrivedAt: try row.next(),
                quarantine: try row.nextOptional()
            )
        }
    }

    private static func take(away api: TestAPI) async throws {
        try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS false")
        try await Self.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(api.test.name)'"
        )
    }

    private static func giveBack(_ api: TestAPI) async throws {
        try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS true")
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
