import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Claims of assembly")
struct AssemblyClaimTests {
    private struct Clock: Statement {
        static let sql: StaticString = "SELECT clock_timestamp()"
        static func decode(_ row: inout Row) throws(PostgresError) -> Timestamp { try row.next() }
    }

    private struct CountWaiting: Statement {
        static let sql: StaticString = """
            SELECT count(*)::int4 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
    }

    @Test("who waited for a call looks at it from an instant after those who had it, and takes back nothing of theirs")
    func instantAfterTheLock() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let key = CallKey(scope: scope, callID: CallID(rawValue: "c1"))
            try await withThrowingTaskGroup(of: Timestamp.self) { group in
                let last = try await test.database.system { holder in
                    _ = try await holder.assembly.claim([key])
                    group.addTask { try await test.database.system { try await $0.assembly.claim([key]).now } }
                    while try await holder.postgres.first(CountWaiting()) == 0 {
                        await Task.yield()
                    }
                    return try await holder.postgres.first(Clock())
                }
                let now = try #require(try await group.next())
                #expect(now >= (try #require(last)))
            }
        }
    }
}
