import HTTPTypes
import Hummingbird
import Logging
import Postgres
import Storage
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
            try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS false")
            try await Self.admin(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(api.test.name)'"
            )
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

            try await Self.admin("ALTER DATABASE \(api.test.name) WITH ALLOW_CONNECTIONS true")
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
