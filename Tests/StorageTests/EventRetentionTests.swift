import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Event retention", .timeLimit(.minutes(5)))
struct EventRetentionTests {
    private static let retention = Duration.seconds(30 * 86_400)

    @Test("whole days go, oldest first, and what is younger than the retention stays")
    func days() async throws {
        try await Self.with { world in
            try await world.day(33, ["a", nil])
            try await world.day(31, ["b"])
            try await world.day(29, ["c"])
            #expect(try await world.drop() == [world.name(33), world.name(31)])
            #expect(try await world.events() == ["c 29 \(world.partition(29))"])
        }
    }

    @Test("a day that is not wholly older than the retention stays")
    func border() async throws {
        try await Self.with { world in
            // Retention ends within that day, whatever the time is now.
            try await world.day(30, ["a"])
            #expect(try await world.drop() == [])
            #expect(try await world.events() == ["a 30 \(world.partition(30))"])
        }
    }

    @Test("the events of a CallID go together: its early ones wait in the default partition for its last one")
    func callsStayWhole() async throws {
        try await Self.with { world in
            try await world.day(34, ["long", "longer", "short"])
            try await world.day(33, ["long", "long"])
            try await world.day(32, ["other"])
            try await world.day(2, ["longer"])
            #expect(try await world.dropOne() == world.name(34))
            #expect(
                try await world.events() == [
                    "long 33 \(world.partition(33))", "long 33 \(world.partition(33))", "long 34 events_default",
                    "longer 2 \(world.partition(2))", "longer 34 events_default", "other 32 \(world.partition(32))",
                ]
            )
            #expect(try await world.dropOne() == world.name(33))
            #expect(
                try await world.events() == [
                    "longer 2 \(world.partition(2))", "longer 34 events_default", "other 32 \(world.partition(32))",
                ]
            )
            #expect(try await world.drop() == [world.name(32)])
            #expect(try await world.events() == ["longer 2 \(world.partition(2))", "longer 34 events_default"])
            // An hour a day: the last event gets too old as well, and nothing is left.
            #expect(try await world.drop(retention: .seconds(3600)) == [world.name(2)])
            #expect(try await world.events() == [])
        }
    }

    @Test("another tenant's call of the same CallID keeps nothing")
    func tenants() async throws {
        try await Self.with { world in
            try await world.day(32, ["same"])
            try await world.day(2, ["same"], tenant: "808")
            #expect(try await world.drop() == [world.name(32)])
            #expect(try await world.events() == ["same 2 \(world.partition(2))"])
        }
    }

    @Test("what fell into the default partition goes by the same rule, also when there is no day to drop")
    func defaultPartition() async throws {
        try await Self.with { world in
            for (age, callID) in [(40, "gone"), (40, "kept"), (29, "young"), (1, "kept")] {
                try await world.insert(callID, age: age)
            }
            #expect(try await world.drop() == [])
            #expect(
                try await world.events() == [
                    "kept 1 events_default", "kept 40 events_default", "young 29 events_default",
                ]
            )
        }
    }

    @Test("it gives up behind a long reader rather than hold the ingest up, and has then changed nothing")
    func reader() async throws {
        try await Self.with { world in
            try await world.day(33, ["a", "b"])
            try await world.day(2, ["b"])
            let before = try await world.events()
            let reader = try await PostgresConnection.connect(world.test.superuser, logger: Logger(label: "test"))
            try await reader.script("BEGIN")
            try await reader.script("SELECT count(*) FROM events")
            let error = await #expect(throws: StorageError.self) { _ = try await world.dropOne() }
            #expect(error?.cause.sqlState == .lockNotAvailable)
            #expect(try await world.events() == before)
            try await reader.script("COMMIT")
            await reader.close()
            #expect(try await world.drop() == [world.name(33)])
        }
    }

    @Test("only the system role may drop events")
    func grants() async throws {
        try await Self.with { world in
            let server = try await PostgresConnection.connect(world.test.server, logger: Logger(label: "test"))
            let error = await #expect(throws: PostgresError.self) {
                try await server.script("SELECT drop_event_partition(interval '30 days')")
            }
            #expect(error?.sqlState == .insufficientPrivilege)
            await server.close()
        }
    }

    struct World: Sendable {
        let test: TestDatabase
        let today: String

        /// A day's name, that many days ago.
        func name(_ age: Int) throws -> String {
            let start = try #require(Timestamp(rfc3339: "\(self.today)T00:00:00Z"))
            return String((start - .seconds(age * 86_400)).rfc3339.prefix(10))
        }

        func partition(_ age: Int) throws -> String {
            "events_p" + (try self.name(age)).filter { $0 != "-" }
        }

        /// Makes the partition of a day with events of these CallIDs; nil: without one.
        func day(_ age: Int, _ callIDs: [String?], tenant: String = "807") async throws {
            try await self.sql(
                """
                CREATE TABLE IF NOT EXISTS \(try self.partition(age)) PARTITION OF events
                FOR VALUES FROM ('\(try self.name(age)) 00:00Z') TO ('\(try self.name(age - 1)) 00:00Z');
                ALTER TABLE \(try self.partition(age)) OWNER TO ringbridge_owner
                """
            )
            for callID in callIDs {
                try await self.insert(callID, age: age, tenant: tenant)
            }
        }

        func insert(_ callID: String?, age: Int, tenant: String = "807") async throws {
            let values =
                callID.map { "'\($0)', '{}', NULL, NULL" } ?? "NULL, NULL, '\\x00', 'undecodable'"
            try await self.sql(
                """
                INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields, raw, quarantine)
                VALUES ('\(tenant)', '\(try self.name(age)) 12:00Z', 1, \(values))
                """
            )
        }

        /// CallID, age in days and partition of each event.
        func events() async throws -> [String] {
            try await self.query(EventPlaces()).sorted()
        }

        func dropOne(retention: Duration = EventRetentionTests.retention) async throws -> String? {
            try await self.test.database.system { try await $0.dropEventPartition(retention: retention) }
        }

        func drop(retention: Duration = EventRetentionTests.retention) async throws -> [String] {
            var days: [String] = []
            while let day = try await self.dropOne(retention: retention) {
                days.append(day)
            }
            return days
        }

        /// As the superuser, whom policies do not bind; new partitions belong to the owner as all do.
        private func sql(_ text: String) async throws {
            try await self.test.script(text)
        }

        private func query<S: Statement>(_ statement: S) async throws -> [S.Output] {
            try await self.test.rows(statement)
        }
    }

    struct EventPlaces: Statement {
        static let sql: StaticString = """
            SELECT coalesce(call_id, 'none') || ' '
              || ((now() AT TIME ZONE 'UTC')::date - (arrived_at AT TIME ZONE 'UTC')::date) || ' ' || tableoid::regclass
            FROM events
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    struct Today: Statement {
        static let sql: StaticString = "SELECT ((now() AT TIME ZONE 'UTC')::date)::text"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    static func with(_ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            let today = try await #require(test.database.pool.execute(Today()).first)
            try await body(World(test: test, today: today))
        }
    }
}
