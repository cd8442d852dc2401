import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

/// Events and the audit log grow with the years: their lists go along an index, whatever they filter by.
@Suite("Plans of logs", .timeLimit(.minutes(5)))
struct LogPlanTests {
    struct Explain: Statement {
        static let sql: StaticString = "SELECT plan FROM explained"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("no list of events or audit lines scans or sorts more than it shows")
    func plans() async throws {
        try await TestDatabase.with { test in
            let connection = try await PostgresConnection.connect(test.superuser, logger: Logger(label: "test"))
            try await connection.script(
                """
                SELECT ensure_event_partitions(3);
                INSERT INTO events (tenant_id, arrived_at, extension_id, call_id, fields)
                  SELECT (807 + n % 3)::text, now() + n * interval '1 second', n % 50, 'c' || n / 5, '{}'
                  FROM generate_series(1, 30000) n;
                INSERT INTO audit_log (tenant_id, at, actor, action, target)
                  SELECT (807 + n % 3)::text, now() - n * interval '1 second', 'a', 'b' || n % 50, 't'
                  FROM generate_series(1, 30000) n;
                ANALYZE events;
                ANALYZE audit_log;
                CREATE TEMPORARY TABLE explained (plan text);
                CREATE FUNCTION pg_temp.explain(query text) RETURNS void LANGUAGE plpgsql AS $$
                DECLARE line text;
                BEGIN
                  DELETE FROM explained;
                  FOR line IN EXECUTE 'EXPLAIN ' || query LOOP INSERT INTO explained VALUES (line); END LOOP;
                END $$
                """
            )
            let cases: [(name: String, sql: StaticString, values: String, isSorted: Bool)] = [
                ("call", ListEventsOfCall.sql, "'807', 'c7', NULL, NULL, NULL, NULL, 51", true),
                ("events", ListEvents.sql, "'807', NULL, NULL, NULL, NULL, NULL, NULL, 51", false),
                ("extension", ListEvents.sql, "'807', 5, NULL, now(), 1, now(), 9, 51", false),
                ("position", FindEventPosition.sql, "'807', NULL, NULL, NULL, 100", false),
                ("audit", ListAuditLines.sql, "'807', NULL, NULL, NULL, NULL, 51", false),
                ("all", ListAllAuditLines.sql, "NULL, NULL, NULL, NULL, 51", false),
            ]
            for one in cases {
                try await connection.script("PREPARE \(one.name)_list AS \(one.sql.description)")
                for mode in ["force_generic_plan", "force_custom_plan"] {
                    try await connection.script(
                        """
                        SET plan_cache_mode = \(mode);
                        SELECT pg_temp.explain($text$EXECUTE \(one.name)_list (\(one.values))$text$)
                        """
                    )
                    let lines = try await connection.execute(Explain())
                    let plan = lines.joined(separator: "\n")
                    // An empty partition costs nothing to scan.
                    let scans = lines.filter { $0.contains("Seq Scan") && !$0.contains("cost=0.00..0.00") }
                    #expect(scans == [], "\(one.name), \(mode): \(plan)")
                    #expect(plan.contains("Index"), "\(one.name), \(mode): \(plan)")
                    #expect(one.isSorted || !plan.contains("Sort  ("), "\(one.name), \(mode): \(plan)")
                }
            }
            await connection.close()
        }
    }
}
