import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

/// The catalog itself proves what decisions section 7 promises of every table.
@Suite("Catalog", .timeLimit(.minutes(5)))
struct CatalogTests {
    /// Tables that are not a tenant's.
    private static let sharedTables: Set<String> = [
        "schema_migrations", "pbx_budgets", "pbx_turns", "event_token_version", "last_public_url", "wake_up_key",
    ]
    /// Look-ups by digest, before the tenant is known: reference tables.
    private static let referenceTables: Set<String> = ["event_tokens", "agent_tokens", "api_keys"]

    struct UniqueIndex: Statement {
        static let sql: StaticString = """
            SELECT c.relname::text, i.relname::text,
              coalesce((SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = x.indkey[0]), '')
            FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
            WHERE x.indisunique AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            ORDER BY 1, 2
            """
        struct Output: Sendable {
            var table: String
            var index: String
            var firstColumn: String
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(table: try row.next(), index: try row.next(), firstColumn: try row.next())
        }
    }

    struct Table: Statement {
        static let sql: StaticString = """
            SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity, pg_get_userbyid(c.relowner)::text,
              EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'),
              (SELECT count(*)::int4 FROM pg_policy p WHERE p.polrelid = c.oid
                AND p.polroles @> ARRAY['ringbridge_system'::regrole::oid])
            FROM pg_class c
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            ORDER BY 1
            """
        struct Output: Sendable {
            var name: String
            var rowSecurityIsForced: Bool
            var owner: String
            var hasTenant: Bool
            var systemPolicies: Int32
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(
                name: try row.next(),
                rowSecurityIsForced: try row.next(),
                owner: try row.next(),
                hasTenant: try row.next(),
                systemPolicies: try row.next()
            )
        }
    }

    @Test("every unique index of a tenant table begins with tenant_id")
    func uniqueIndexes() async throws {
        try await TestDatabase.with { test in
            let indexes = try await Self.query(UniqueIndex(), test)
            let exempt = Self.sharedTables.union(Self.referenceTables)
            let wrong = indexes.filter { !exempt.contains($0.table) && $0.firstColumn != "tenant_id" }
            #expect(wrong.map(\.index) == [])
            #expect(indexes.filter { $0.firstColumn == "tenant_id" }.count >= 15)
        }
    }

    @Test("every tenant table forces row-level security, has a policy, and belongs to the owner")
    func tables() async throws {
        try await TestDatabase.with { test in
            let tables = try await Self.query(Table(), test)
            for table in tables where !Self.sharedTables.contains(table.name) {
                #expect(table.hasTenant, "\(table.name) has tenant_id")
                #expect(table.rowSecurityIsForced, "\(table.name) forces row-level security")
                #expect(table.systemPolicies > 0, "\(table.name) has a policy")
                #expect(table.owner == "ringbridge_owner", "\(table.name) belongs to the owner")
            }
            #expect(tables.count >= 20)
        }
    }

    struct NotErasable: Statement {
        static let sql: StaticString = """
            SELECT c.relname::text FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
            WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND c.relnamespace = 'public'::regnamespace
              AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = c.relname || '_erasure'
                AND p.polcmd = '*' AND p.polroles = ARRAY['ringbridge_owner'::regrole::oid])
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("every tenant table has the policy that lets a removed tenant's rows be erased: allow_tenant_erasure(…)")
    func erasability() async throws {
        try await TestDatabase.with { test in
            let found = try await Self.query(NotErasable(), test)
            #expect(found == [])
        }
    }

    struct UnnamedConstraint: Statement {
        static let sql: StaticString = """
            SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
              AND conname !~ '_(pkey|key|fkey|check)$' AND conparentid = 0
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("every constraint has a name of ours")
    func constraintNames() async throws {
        try await TestDatabase.with { test in
            let found = try await Self.query(UnnamedConstraint(), test)
            #expect(found == [])
        }
    }

    struct ExcessiveRole: Statement {
        static let sql: StaticString = """
            SELECT rolname::text FROM pg_roles
            WHERE rolname IN ('ringbridge_server', 'ringbridge_system', 'ringbridge_connector')
              AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
                OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = pg_roles.oid))
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("the runtime roles own nothing and bypass nothing")
    func runtimeRoles() async throws {
        try await TestDatabase.with { test in
            let found = try await Self.query(ExcessiveRole(), test)
            #expect(found == [])
        }
    }

    static func query<S: Statement>(_ statement: S, _ test: TestDatabase) async throws -> [S.Output] {
        let connection = try await PostgresConnection.connect(test.owner, logger: Logger(label: "test"))
        let rows = try await connection.execute(statement)
        await connection.close()
        return rows
    }
}
