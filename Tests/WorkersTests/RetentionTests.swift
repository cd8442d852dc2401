import Logging
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// What is left of a call after its events or its record went, and what assembly then makes of it.
@Suite("Retention", .timeLimit(.minutes(5)))
struct RetentionTests {
    @Test("after retention dropped a call's events, a late hangup neither changes nor withdraws its record")
    func lateHangupAfterRetention() async throws {
        try await AssemblerTests.with { world in
            let call = CallFlow(callID: "c1")
            for flow in [call, CallFlow(callID: "c2")] {
                try await world.store(flow.answered(by: 85_219, name: "102"))
            }
            try await world.assembleAll()
            let before = try await world.feed()
            try #require(before.count == 2)
            // As if it had all been 31 days ago: the events of c1 are gone, those of c2 only an hour old.
            try await world.sql(
                """
                UPDATE calls SET created_at = created_at - interval '31 days' WHERE call_id = 'c1';
                DELETE FROM events WHERE call_id = 'c1';
                DELETE FROM events WHERE call_id = 'c2'
                """
            )
            for flow in [call, CallFlow(callID: "c2")] {
                try await world.store(flow.ended(at: 96_850, name: "099", bridged: "no"))
            }
            try await world.assembleAll(now: try await world.databaseNow() + .seconds(60))
            let after = try await world.feed()
            #expect(
                after.filter { $0.record.callID.rawValue == "c1" }
                    == before.filter { $0.record.callID.rawValue == "c1" }
            )
            #expect(try await world.database.system { try await $0.assembly.backlog() }.dueRows == 0)
            // The same without the age: here the loss cannot be told, so assembly goes by the events there are.
            let other = after.filter { $0.record.callID.rawValue == "c2" }
            #expect(other.map(\.isWithdrawn).sorted { !$0 && $1 } == [false, true])
        }
    }

    @Test("a removed record does not come back with a repeated event; one that is there is still corrected")
    func removedStaysRemoved() async throws {
        try await AssemblerTests.with { world in
            let now = try await world.databaseNow()
            let old = CallFlow(callID: "old").answered(by: 85_219, name: "102")
            try await world.store(old, daysAgo: 40)
            let kept = CallFlow(callID: "kept")
            try await world.store(kept.answered(by: 85_219, name: "102"), daysAgo: 29)
            try await world.assembleAll()
            try #require(try await world.feed().count == 2)
            let retention = Duration.seconds(30 * 86_400)
            let keeper = CallRetentionKeeper(
                database: world.database,
                retention: retention,
                batchSize: 1,
                logger: Logger(label: "test")
            )
            #expect(try await keeper.removeOldCalls() == 1)
            #expect(try await keeper.removeOldCalls() == 0)
            #expect(try await world.feed().map(\.record.callID.rawValue) == ["kept"])

            let assembler = Assembler(
                database: world.database,
                listener: PostgresListener(configuration: world.test.server, logger: Logger(label: "test")),
                defaults: AssemblyDefaults(grace: .seconds(5), callRetention: retention),
                logger: Logger(label: "test")
            )
            try await world.store(old)
            while try await assembler.assembleDue() > 0 {}
            #expect(try await world.feed().map(\.record.callID.rawValue) == ["kept"])
            // Another day or two, and the kept one is beyond its horizon too; until it is removed, corrections reach it.
            try await world.store(kept.late(recordingID: "late", by: 85_219, name: "102"), daysAgo: 28)
            while try await assembler.assembleDue(now: now + .seconds(5 * 86_400)) > 0 {}
            let corrected = try await world.feed()
            #expect(corrected.map(\.version) == [2])
            #expect(corrected.map(\.record.recordingID) == ["late"])
        }
    }

    @Test("a tenant's own retention decides for its records")
    func tenantSetting() async throws {
        try await AssemblerTests.with { world in
            try await world.store(CallFlow(callID: "c1").answered(by: 85_219, name: "102"), daysAgo: 400)
            try await world.assembleAll()
            let keeper = CallRetentionKeeper(database: world.database, retention: nil, logger: Logger(label: "test"))
            #expect(try await keeper.removeOldCalls() == 0)
            try await world.sql("UPDATE tenants SET call_retention_days = 36500")
            #expect(try await keeper.removeOldCalls() == 0)
            try await world.sql("UPDATE tenants SET call_retention_days = 365")
            #expect(try await keeper.removeOldCalls() == 1)
            // Without a server's retention the assembler goes by the tenant's as well.
            try await world.store(CallFlow(callID: "c1").answered(by: 85_219, name: "102"))
            try await world.assembleAll()
            #expect(try await world.feed().isEmpty)
        }
    }

    @Test("the keeper makes the days to come and drops those that are too old; without a retention it drops none")
    func partitions() async throws {
        try await TestDatabase.with { test in
            let owner = try await PostgresConnection.connect(test.owner, logger: Logger(label: "test"))
            try await owner.script(
                """
                DO $$
                DECLARE
                  day date;
                BEGIN
                  PERFORM set_config('timezone', 'UTC', true);
                  FOR age IN 0..40 LOOP
                    day := current_date - age;
                    EXECUTE format('CREATE TABLE events_p%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
                      to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
                  END LOOP;
                END
                $$
                """
            )
            func keep(_ retention: Duration?) async throws -> [Int32] {
                let keeper = PartitionKeeper(
                    database: test.database,
                    retention: retention,
                    logger: Logger(label: "test")
                )
                #expect(await keeper.keepPartitions() == .seconds(3600))
                return try await owner.execute(PartitionAges())
            }
            #expect(try await keep(nil) == Array(-7...40))
            #expect(try await keep(.seconds(30 * 86_400)) == Array(-7...30))
            #expect(try await keep(.seconds(30 * 86_400)) == Array(-7...30))
            await owner.close()
        }
    }

    struct PartitionAges: Statement {
        static let sql: StaticString = """
            SELECT (now() AT TIME ZONE 'UTC')::date - to_date(substr(c.relname, 9), 'YYYYMMDD')
            FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_p' ORDER BY 1
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
    }
}

extension AssemblerTests.World {
    /// Stores events as if they had arrived that many days ago.
    fileprivate func store(_ events: [EventFields], daysAgo days: Int) async throws {
        try await self.store(events)
        try await self.sql(
            """
            UPDATE events SET arrived_at = arrived_at - interval '\(days) days'
            WHERE arrived_at > now() - interval '1 day' AND call_id = '\(events.first?["CallID"] ?? "")'
            """
        )
    }

    /// Runs SQL as the superuser.
    fileprivate func sql(_ text: String) async throws {
        try await self.test.script(text)
    }
}

extension CallFlow {
    /// The hangup of an answered leg once more, with another recording.
    fileprivate func late(recordingID: String, by extensionID: Int64, name: String) -> [EventFields] {
        let hangup = self.answered(by: extensionID, name: name)[2]
        let later = String(self.start + 66_000_001)
        return [
            EventFields(
                hangup.pairs.map { pair in
                    switch pair.name {
                    case "RecID": (pair.name, recordingID)
                    case "EventTime": (pair.name, later)
                    default: (pair.name, pair.value)
                    }
                }
            )
        ]
    }
}
