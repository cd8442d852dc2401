import Foundation
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

/// What is left of a removed tenant: nothing (decisions section 8).
@Suite("Removal of a tenant", .timeLimit(.minutes(5)))
struct TenantRemovalTests {
    struct RowsByTable: Statement {
        static let sql: StaticString = """
            SELECT c.relname::text, (xpath('/row/n/text()', query_to_xml(
              format('SELECT count(*) AS n FROM public.%I WHERE tenant_id = %L', c.relname, $1), false, true, '')))[1]::text::int8
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            ORDER BY 1
            """
        var tenant: String

        func bind(_ bindings: inout Bindings) { bindings.append(self.tenant) }
        static func decode(_ row: inout Row) throws(PostgresError) -> (table: String, rows: Int64) {
            (try row.next(), try row.next())
        }
    }

    struct RoleExists: Statement {
        static let sql: StaticString = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
        var name: String

        func bind(_ bindings: inout Bindings) { bindings.append(self.name) }
        static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
    }

    /// A row or more in every table that has a tenant_id.
    private static func fill(_ tenant: String) -> String {
        let digest = "sha256('\(tenant)'::bytea)"
        return """
            INSERT INTO users (tenant_id, user_id, name) SELECT '\(tenant)', 'u' || n, 'n' FROM generate_series(1, 20) n;
            INSERT INTO mappings (tenant_id, extension_id, valid_from, user_id)
              SELECT '\(tenant)', n, now(), 'u' || n FROM generate_series(1, 20) n;
            INSERT INTO extensions (tenant_id, extension_id, name, type, status) VALUES ('\(tenant)', 1, 'n', 'phone', 'active');
            INSERT INTO event_tokens (digest, tenant_id, extension_id, sealed) VALUES (\(digest), '\(tenant)', 1, 's');
            INSERT INTO api_keys (key_id, digest, role, tenant_id, name)
              VALUES ('k\(tenant)', \(digest), 'admin', '\(tenant)', 'n');
            INSERT INTO audit_log (tenant_id, actor, action, target) VALUES ('\(tenant)', 'a', 'b', 'c');
            INSERT INTO reconcile_todos (tenant_id, extension_id) VALUES ('\(tenant)', 1);
            INSERT INTO reconcile_turns (tenant_id, served_at) VALUES ('\(tenant)', now());
            INSERT INTO subscription_states (tenant_id, extension_id, state, generation) VALUES ('\(tenant)', 1, 'pending', 1);
            INSERT INTO subscriptions (tenant_id, extension_id, event_id, event_type) VALUES ('\(tenant)', 1, 7, 'hangup');
            INSERT INTO problems (tenant_id, code, extension_id) VALUES ('\(tenant)', 'pbx_unreachable', 1);
            INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields)
              SELECT '\(tenant)', now() + n * interval '1 day', 1, 'c' || n, '{}' FROM generate_series(-400, 3) n;
            INSERT INTO agents (tenant_id, agent_id) VALUES ('\(tenant)', 136);
            INSERT INTO agent_tokens (digest, tenant_id, agent_id, sealed) VALUES (\(digest), '\(tenant)', 136, 's');
            INSERT INTO agent_syncs (tenant_id) VALUES ('\(tenant)');
            INSERT INTO agent_events (tenant_id, agent_id, fields) VALUES ('\(tenant)', 136, '{}');
            INSERT INTO replays (tenant_id, since, until, call_id, rules_version, tenant_version)
              VALUES ('\(tenant)', now(), now(), '', 1, 1);
            INSERT INTO stale_legs (tenant_id, call_id, leg_key, extension_id, since) VALUES ('\(tenant)', 'c', 'k', 1, now());
            INSERT INTO idempotent_requests (tenant_id, principal, idempotency_key, fingerprint, claim_id, claimed_until)
              VALUES ('\(tenant)', 'p', 'k', \(digest), gen_random_uuid(), now());
            INSERT INTO silence_checks (tenant_id) VALUES ('\(tenant)') ON CONFLICT DO NOTHING;
            INSERT INTO pbx_inquiries (tenant_id, inquiry_id, kind, body)
              VALUES ('\(tenant)', gen_random_uuid(), 'plan', '{}');
            INSERT INTO known_recordings (tenant_id, call_id, extension_id, recording_id) VALUES ('\(tenant)', 'c', 1, 'r');
            INSERT INTO assembly_due (tenant_id, call_id) VALUES ('\(tenant)', 'c1');
            INSERT INTO calls (tenant_id, seq, call_id, record_key, direction, status, extension_id, extension_name,
                extension_type, started_at, ended_at, transferred, internal, partial, flags, rule, rules_version)
              SELECT '\(tenant)', n, 'c', 'k' || n, 'incoming', 'answered', 1, 'n', 'phone', now(), now(), false, false, false,
                '{}', '2', 1 FROM generate_series(1, 50) n;
            """
    }

    @Test("every table that has a tenant_id is empty of it, its SQL role is gone, and the other tenant has all it had")
    func everyTable() async throws {
        try await TestDatabase.with { test in
            let logger = Logger(label: "test")
            let superuser = try await PostgresConnection.connect(test.superuser, logger: logger)
            let owner = try await PostgresConnection.connect(test.owner, logger: logger)
            _ = try await test.database.system { try await $0.ensureEventPartitions(daysAhead: 4) }
            let role = "bi_" + UUID().uuidString.lowercased().prefix(8)
            for id in ["807", "808"] {
                let scope = try await TenantFixture.make(id, in: test.database)
                try await superuser.script(Self.fill(id))
                try await ConnectorRoleStore(connection: owner).create(
                    roleName: role + id,
                    password: "secret",
                    for: scope.tenantID
                )
            }
            let id = TenantID(rawValue: "807")
            let before = try await superuser.execute(RowsByTable(tenant: "807"))
            #expect(before.filter { $0.rows == 0 }.map(\.table) == [], "a table without a row proves nothing: fill it")
            let counted = try await test.database.system { try await $0.removals.rowCounts(of: id) }
            #expect(
                counted.map { "\($0.table) \($0.rows)" }
                    == before.filter { $0.table != "tenants" }.map { "\($0.table) \($0.rows)" }
            )
            let others = try await superuser.execute(RowsByTable(tenant: "808"))

            #expect(try await test.database.eraseTenant(id) == false, "only of a tenant that is being removed")
            let version = try await test.database.system { try await $0.eventTokens.version() }
            let was = try await test.database.system { try await $0.removals.begin(id) }
            #expect(was?.status == .active)
            let again = try await test.database.system { try await $0.removals.begin(id) }
            #expect(again?.status == .removing)
            let newVersion = try await test.database.system { try await $0.eventTokens.version() }
            #expect(newVersion > version, "servers notice that its tokens are no longer accepted")
            let connector = try await PostgresConnection.connect(
                try TestDatabase.configuration(database: test.name, role: role + "807"),
                logger: logger
            )
            #expect(
                try await connector.execute(IsolationTests.CountCRMCalls()) == [0],
                "its SQL connector sees nothing"
            )
            await connector.close()

            #expect(try await test.database.eraseTenant(id, batch: 7))
            let after = try await superuser.execute(RowsByTable(tenant: "807"))
            #expect(after.filter { $0.rows > 0 }.map(\.table) == [])
            #expect(try await superuser.execute(RoleExists(name: role + "807")) == [false])
            let othersAfter = try await superuser.execute(RowsByTable(tenant: "808"))
            #expect(othersAfter.map { "\($0.table) \($0.rows)" } == others.map { "\($0.table) \($0.rows)" })
            #expect(try await superuser.execute(RoleExists(name: role + "808")) == [true])
            await superuser.close()
            await owner.close()
        }
    }

    @Test("the runtime roles change and delete no event and no line of the audit log but by a tenant's removal")
    func appendOnly() async throws {
        try await TestDatabase.with { test in
            _ = try await TenantFixture.make("807", in: test.database)
            for table in ["events", "audit_log"] {
                let connection = try await PostgresConnection.connect(test.server, logger: Logger(label: "test"))
                for role in ["ringbridge_server", "ringbridge_system"] {
                    let changes = [
                        "DELETE FROM \(table)", "TRUNCATE \(table)", "UPDATE \(table) SET tenant_id = tenant_id",
                    ]
                    for change in changes {
                        let error = await #expect(throws: PostgresError.self) {
                            try await connection.script("SET ROLE \(role); \(change)")
                        }
                        #expect(error?.sqlState == .insufficientPrivilege, "\(change) by \(role)")
                    }
                }
                await connection.close()
            }
        }
    }

    @Test("an event that arrives for a tenant being removed is not stored")
    func lateEvent() async throws {
        try await TestDatabase.with { test in
            var batch = EventBatch()
            for id in ["807", "808"] {
                let scope = try await TenantFixture.make(id, in: test.database)
                batch.append(
                    ReceivedEvent(query: "".utf8, body: "CallID=c1&EventType=hangup".utf8),
                    owner: EventTokenOwner(scope: scope, extensionID: ExtensionID(rawValue: 1)),
                    source: nil
                )
            }
            _ = try await test.database.system { try await $0.removals.begin(TenantID(rawValue: "807")) }
            try await EventStore(database: test.database).write(batch)
            for (id, count) in [("807", 0), ("808", 1)] {
                let rows = try await test.rows(RowsByTable(tenant: id))
                #expect(rows.first { $0.table == "events" }?.rows == Int64(count))
                #expect(rows.first { $0.table == "assembly_due" }?.rows == Int64(count))
            }
        }
    }
}
