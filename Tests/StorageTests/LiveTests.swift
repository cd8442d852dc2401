import FoundationEssentials
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

/// The live feed: what a reader has not seen of the events, whatever the order of commits.
@Suite("Live feed", .timeLimit(.minutes(5)))
struct LiveTests {
    @Test("an event that is committed late is told once, though later ones were told before")
    func lateCommit() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            #expect(begin.cards.isEmpty && !begin.isSkipped)
            let writer = try await world.writer()
            try await writer.script("BEGIN")
            try await writer.script(world.insert("late", "dial-in"))
            try await world.store("early", "dial-in")
            let first = try await world.page(after: begin.place)
            #expect(first.told == ["card.show early"])
            let still = try await world.page(after: first.place)
            #expect(still.told == [])
            try await writer.script("COMMIT")
            await writer.close()
            let second = try await world.page(after: still.place)
            #expect(second.told == ["card.show late"])
            #expect(try await world.page(after: second.place).told == [])
            // From the first place both are new.
            #expect(Set(try await world.page(after: begin.place).told) == ["card.show early", "card.show late"])
        }
    }

    @Test("what is rolled back is never told")
    func rollback() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            let writer = try await world.writer()
            try await writer.script("BEGIN")
            try await writer.script(world.insert("never", "dial-in"))
            try await writer.script("ROLLBACK")
            await writer.close()
            #expect(try await world.page(after: begin.place).told == [])
        }
    }

    @Test("a hangup that is committed before its dial event leaves no card")
    func hangupFirst() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            let writer = try await world.writer()
            try await writer.script("BEGIN")
            try await writer.script(world.insert("a", "dial-in"))
            try await world.store("a", "hangup")
            let first = try await world.page(after: begin.place)
            #expect(first.told == [])
            try await writer.script("COMMIT")
            await writer.close()
            #expect(try await world.page(after: first.place).told == [])
            // Who comes later reads them in the order of their arrival.
            #expect(try await world.page(after: begin.place).told == ["card.show a", "card.hide a"])
        }
    }

    @Test("a follower is told each card once while 6 writers commit in random order")
    func completeUnderConcurrency() async throws {
        let writers = 6
        let rounds = 30
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            let told = try await withThrowingTaskGroup(of: [String].self) { tasks in
                for number in 0..<writers {
                    tasks.addTask {
                        var generator = SystemRandomNumberGenerator()
                        let writer = try await world.writer()
                        for round in 0..<rounds {
                            let pauses = (0..<2).map { _ in Double.random(in: 0...0.02, using: &generator) }
                            try await writer.script("BEGIN; SELECT pg_sleep(\(pauses[0]))")
                            try await writer.script(world.insert("\(number)-\(round)", "dial-in"))
                            try await writer.script("SELECT pg_sleep(\(pauses[1])); COMMIT")
                        }
                        await writer.close()
                        return []
                    }
                }
                tasks.addTask {
                    var told: [String] = []
                    var place = begin.place
                    while told.count < writers * rounds {
                        let page = try await world.page(after: place)
                        place = page.place
                        told += page.told
                    }
                    return told + (try await world.page(after: place).told)
                }
                return try await tasks.reduce(into: []) { $0 += $1 }
            }
            #expect(told.count == writers * rounds)
            #expect(Set(told).count == writers * rounds)
        }
    }

    @Test("an event that took longer from its arrival to its commit than calls stay news is passed over")
    func lateness() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            let writer = try await world.writer()
            try await writer.script(world.insert("old", "dial-in", arrivedAgo: 11))
            try await writer.script(world.insert("young", "dial-in", arrivedAgo: 9))
            await writer.close()
            #expect(try await world.page(after: begin.place).told == ["card.show young"])
        }
    }

    @Test("a place that is too old, or that this database has not reached, is where nobody goes on from")
    func skipped() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            try await world.store("a", "dial-in")
            for seconds in [-61.0, 3600] {
                var place = begin.place
                place.instant = place.instant.advanced(bySeconds: seconds)
                let page = try await world.page(after: place)
                #expect(page.isSkipped && !page.isEmpty)
                #expect(page.told == [])
                try await world.store("b\(seconds)", "dial-in")
                #expect(try await world.page(after: page.place).told == ["card.show b\(seconds)"])
            }
            var place = begin.place
            place.instant = place.instant.advanced(bySeconds: -50)
            #expect(try await world.page(after: place).told.contains("card.show a"))
        }
    }

    @Test("more events than are looked at at once are skipped")
    func tooMany() async throws {
        try await Self.with { world in
            let begin = try await world.page(after: nil)
            let writer = try await world.writer()
            for count in [2_000, 1] {
                try await writer.script(
                    """
                    INSERT INTO events (tenant_id, extension_id, call_id, fields)
                    SELECT '807', 85219, 'c' || n, jsonb_build_object('EventType', 'hangup', 'CallID', 'c' || n)
                    FROM generate_series(1, \(count)) AS n
                    """
                )
                #expect(try await world.page(after: begin.place).isSkipped == (count == 1))
            }
            await writer.close()
        }
    }

    @Test("the user is the one in force; another tenant's events are nobody else's news")
    func tenants() async throws {
        try await Self.with { world in
            let other = try await TenantFixture.make("808", in: world.test.database)
            let begin = try await world.page(after: nil)
            try await world.store("a", "dial-in")
            let card = try #require(try await world.page(after: begin.place).cards.first?.card)
            #expect(card.userID == UserID(rawValue: "u102"))
            #expect(card.extensionRef.name == "2566*102")
            #expect(card.clientNumber == "+79161112233")
            let foreign = try await world.test.database.snapshot(of: other) { transaction in
                try await transaction.live.page(after: begin.place)
            }
            #expect(foreign.isEmpty)
            let tenants: Set<TenantID> = [world.scope.tenantID, other.tenantID]
            func news(since place: LivePlace?) async throws -> (tenants: Set<TenantID>, place: LivePlace) {
                try await world.test.database.system { try await $0.liveNews(of: tenants, since: place) }
            }
            let found = try await news(since: begin.place)
            #expect(found.tenants == [world.scope.tenantID])
            #expect(try await news(since: found.place).tenants == [])
            // Without a place to compare with, all may have news.
            #expect(try await news(since: nil).tenants == tenants)
        }
    }

    @Test("what is asked all the time is answered by the index on the tenant's arrivals, in today's partition")
    func plans() async throws {
        try await Self.with { world in
            let superuser = try await world.writer()
            try await superuser.script(
                """
                SELECT ensure_event_partitions(7);
                INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields)
                SELECT '8' || n % 50, clock_timestamp() - n * interval '1 millisecond', 1, 'c' || n / 4, '{}'
                FROM generate_series(1, 40000) AS n;
                INSERT INTO agent_events (tenant_id, arrived_at, agent_id, fields)
                SELECT t.tenant_id, now() - n * interval '1 second', 1, '{}' FROM generate_series(1, 5000) AS n, tenants t;
                ANALYZE events; ANALYZE agent_events
                """
            )
            for role in ["ringbridge_server", "ringbridge_system"] {
                try await superuser.script(
                    """
                    SET ROLE \(role); SET app.tenant_id = '87'; SET plan_cache_mode = force_generic_plan;
                    PREPARE fresh AS \(ListFreshCalls.sql);
                    PREPARE events AS \(ListLiveEvents.sql);
                    PREPARE presence AS \(ListPresenceChanges.sql);
                    PREPARE news AS \(FindLiveNews.sql)
                    """
                )
                let plans = [
                    try await superuser.execute(ExplainFresh()), try await superuser.execute(ExplainEvents()),
                    try await superuser.execute(ExplainPresence()), try await superuser.execute(ExplainNews()),
                ]
                for plan in plans.map({ $0.joined(separator: "\n") }) {
                    #expect(!plan.contains("Seq Scan on events_p"), "\(role): \(plan)")
                    #expect(!plan.contains("Seq Scan on agent_events"), "\(role): \(plan)")
                    #expect(plan.contains("tenant_id = "), "\(role): \(plan)")
                }
                #expect(plans[0].contains { $0.contains("arrived_at > ") && $0.contains("Index Cond") })
                #expect(plans[1].contains { $0.contains("call_id = ANY") && $0.contains("Index Cond") })
                #expect(plans[3].contains { $0.contains("arrived_at > ") && $0.contains("Index Cond") })
                #expect(plans[0].contains { $0.contains("Subplans Removed: ") })
                try await superuser.script(
                    "DEALLOCATE fresh; DEALLOCATE events; DEALLOCATE presence; DEALLOCATE news; RESET ROLE"
                )
            }
            await superuser.close()
        }
    }

    @Test("an agent's message comes with the event that changed the presence, and with no other")
    func presence() async throws {
        try await Self.with { world in
            let superuser = try await world.writer()
            try await superuser.script(
                "UPDATE tenants SET agent_presence = true; INSERT INTO agent_syncs VALUES ('807')"
            )
            let keyRing = try TenantFixture.keyRing()
            _ = try await TenantFixture.subscribe(
                [(136, "2566*102"), (137, nil)],
                of: world.scope,
                in: world.test.database,
                keyRing: keyRing
            )
            await superuser.close()
            let store = AgentEventStore(database: world.test.database)
            func say(_ status: AgentStatus, agent: Int64 = 136) async throws {
                let owner = AgentTokenOwner(scope: world.scope, agentID: AgentID(rawValue: agent))
                try await store.write(.understood(status, fields: EventFields([])), owner: owner, source: nil)
            }
            var place = try await world.page(after: nil).place
            func told() async throws -> [String] {
                let page = try await world.page(after: place)
                place = page.place
                return page.agents.map { "\($0.id) \($0.status?.rawValue ?? "-") \($0.userID?.rawValue ?? "-")" }
            }
            try await say(.available)
            #expect(try await told() == ["136 available u102"])
            #expect(try await told() == [])
            try await say(.available)
            #expect(try await told() == [])
            try await say(.loggedOut)
            try await say(.available)
            try await say(.loggedOut, agent: 137)
            #expect(try await told() == ["136 available u102", "137 logged_out -"])
        }
    }

    @Test(
        "a snapshot's text is read when PostgreSQL would read it",
        arguments: [
            ("1:1:", true), ("7:9:7,8", true), ("4294967299:4294967305:4294967300", true), ("", false), ("1:1", false),
            ("0:1:", false), ("2:1:", false), ("7:9:9", false), ("7:9:6", false), ("7:9:8,7", false),
            ("7:9:7,7", false),
            ("7:9:7,", false), ("+7:9:", false), ("07:9:", false), ("7:9:;", false), ("7:99999999999999999999:", false),
        ]
    )
    func snapshots(text: String, isRead: Bool) {
        #expect((CommitSnapshot(text: text) != nil) == isRead)
    }

    /// A tenant with mapped phones, whose events come on `85219`.
    private struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope

        func page(after place: LivePlace?) async throws -> LivePage {
            try await self.test.database.snapshot(of: self.scope) { try await $0.live.page(after: place) }
        }

        /// A connection on which a transaction can stay open.
        func writer() async throws -> PostgresConnection {
            try await PostgresConnection.connect(self.test.superuser, logger: Logger(label: "test"))
        }

        /// Stores an event as the ingest does.
        func store(_ leg: String, _ type: String) async throws {
            var batch = EventBatch()
            let fields = EventFields([
                ("EventType", type), ("CallID", "c-\(leg)"), ("SubCallID", leg), ("CallerIDNum", "+79161112233"),
            ])
            let owner = EventTokenOwner(scope: self.scope, extensionID: ExtensionID(rawValue: 85_219))
            batch.append(.understood(callID: CallID(rawValue: "c-\(leg)"), fields: fields), owner: owner, source: nil)
            try await EventStore(database: self.test.database).write(batch)
        }

        /// The same as SQL.
        func insert(_ leg: String, _ type: String, arrivedAgo seconds: Int = 0) -> String {
            """
            INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields)
            VALUES ('807', clock_timestamp() - interval '\(seconds) s', 85219, 'c-\(leg)', jsonb_build_object(
              'EventType', '\(type)', 'CallID', 'c-\(leg)', 'SubCallID', '\(leg)', 'CallerIDNum', '+79161112233'))
            """
        }
    }

    private static func with(_ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with(poolSize: 10) { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            try await TenantFixture.list(of: scope, in: test.database)
            _ = try await TenantFixture.map([(85_219, "u102")], of: scope, in: test.database)
            try await body(World(test: test, scope: scope))
        }
    }

    private struct ExplainFresh: Statement {
        static let sql: StaticString = "EXPLAIN (COSTS OFF) EXECUTE fresh ('87', now() - interval '10 s', '1:1:', 2001)"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    private struct ExplainEvents: Statement {
        static let sql: StaticString = """
            EXPLAIN (COSTS OFF) EXECUTE events ('87', '1:1:', ARRAY['c1', 'c2'])
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    private struct ExplainPresence: Statement {
        static let sql: StaticString = "EXPLAIN (COSTS OFF) EXECUTE presence ('87', now() - interval '10 s', '1:1:')"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    private struct ExplainNews: Statement {
        static let sql: StaticString = """
            EXPLAIN (COSTS OFF) EXECUTE news (ARRAY['87', '88'], now() - interval '10 s', '1:1:')
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }
}

extension LivePage {
    /// What happens to which leg.
    fileprivate var told: [String] { self.cards.map { "\($0.kind.rawValue) \($0.card.id)" } }
}
