import Logging
import Postgres
import TestSupport
import Testing

@testable import Storage

/// Who owns what, who may do what, and who sees which rows: the catalog says it, for everything that is there.
@Suite("Owners, grants and policies", .timeLimit(.minutes(5)))
struct GrantTests {
    struct Owners: Statement {
        static let sql: StaticString = """
            SELECT format('%s belongs to %s', thing, pg_get_userbyid(owner)) FROM (
              SELECT c.oid::regclass::text, c.relowner FROM pg_class c
              WHERE c.relnamespace IN ('public'::regnamespace, 'crm'::regnamespace) AND c.relkind <> 'i' AND c.relkind <> 'I'
              UNION ALL SELECT p.oid::regprocedure::text, p.proowner FROM pg_proc p
              WHERE p.pronamespace IN ('public'::regnamespace, 'crm'::regnamespace)
              UNION ALL SELECT n.nspname, n.nspowner FROM pg_namespace n WHERE n.nspname IN ('public', 'crm')
            ) AS things (thing, owner) WHERE pg_get_userbyid(owner) <> 'ringbridge_owner'
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("tables, partitions, views, sequences, functions and schemas belong to the owner")
    func owners() async throws {
        try await TestDatabase.with { test in
            _ = try await test.database.system { try await $0.ensureEventPartitions(daysAhead: 2) }
            let found = try await CatalogTests.query(Owners(), test)
            #expect(found == [])
        }
    }

    struct Functions: Statement {
        static let sql: StaticString = """
            SELECT format('%s: %s%s', p.oid::regprocedure,
              (SELECT string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, ' ' ORDER BY a.grantee::regrole::text)
                FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee <> p.proowner),
              CASE WHEN p.proconfig @> ARRAY['search_path=pg_catalog, public'] THEN '' ELSE ' without a search_path' END)
            FROM pg_proc p
            WHERE p.pronamespace IN ('public'::regnamespace, 'crm'::regnamespace) AND (p.prosecdef OR $1)
            ORDER BY 1
            """
        /// Also those that work with their caller's rights.
        var all: Bool

        func bind(_ bindings: inout Bindings) { bindings.append(self.all) }
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test(
        "what works with the owner's rights is listed here, has a fixed search_path, and is for the role that needs it"
    )
    func definerFunctions() async throws {
        try await TestDatabase.with { test in
            let definers = try await CatalogTests.query(Functions(all: false), test)
            #expect(
                definers
                    == [
                        "count_tenant_rows(text): ringbridge_system",
                        "crm.session_tenant(): ringbridge_connector",
                        "drop_event_partition(interval): ringbridge_system",
                        "ensure_event_partitions(integer): ringbridge_system",
                        "erase_tenant_rows(text,integer): ringbridge_system",
                        "finish_tenant_removal(text,integer): ringbridge_system",
                        "note_event_token_change(): ",
                    ]
            )
            let all = try await CatalogTests.query(Functions(all: true), test)
            #expect(all.filter { $0.contains("PUBLIC") } == [])
            // Has its caller's rights, names nothing but pg_catalog, and is expanded into the query that has no path of its own.
            let inlined = "committed_since(xid,pg_snapshot): ringbridge_server ringbridge_system without a search_path"
            #expect(all.filter { $0.contains("search_path") } == [inlined])
        }
    }

    struct Grants: Statement {
        static let sql: StaticString = """
            SELECT format('%s %s %s', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END,
              a.privilege_type, c.oid::regclass)
            FROM pg_class c CROSS JOIN LATERAL (
              SELECT * FROM aclexplode(c.relacl)
              UNION ALL SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) AS x WHERE t.attrelid = c.oid) AS a
            WHERE c.relnamespace IN ('public'::regnamespace, 'crm'::regnamespace) AND a.grantee <> c.relowner
            ORDER BY 1
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("nobody may truncate, refer to or put a trigger on a table; connectors read, and only what their views show")
    func tableGrants() async throws {
        try await TestDatabase.with { test in
            _ = try await test.database.system { try await $0.ensureEventPartitions(daysAhead: 2) }
            let grants = Set(try await CatalogTests.query(Grants(), test))
            #expect(grants.count > 60)
            let wrong = grants.filter { grant in
                ["PUBLIC ", " TRUNCATE ", " REFERENCES ", " TRIGGER ", " events_p", " events_default"]
                    .contains { grant.contains($0) }
            }
            #expect(wrong == [])
            let connectors: Set<String> = grants.filter { $0.hasPrefix("ringbridge_connector") }
            #expect(
                connectors == [
                    "ringbridge_connector SELECT agents", "ringbridge_connector SELECT calls",
                    "ringbridge_connector SELECT crm.agents", "ringbridge_connector SELECT crm.call_changes",
                    "ringbridge_connector SELECT crm.calls", "ringbridge_connector SELECT crm.extensions",
                    "ringbridge_connector SELECT crm.users", "ringbridge_connector SELECT extensions",
                    "ringbridge_connector SELECT users",
                ]
            )
            let auditors: Set<String> = grants.filter { $0.hasSuffix(" audit_log") }
            #expect(
                auditors == [
                    "ringbridge_server INSERT audit_log", "ringbridge_server SELECT audit_log",
                    "ringbridge_system INSERT audit_log", "ringbridge_system SELECT audit_log",
                ],
                "the audit log is appended to and read; only a tenant's removal takes lines away"
            )
        }
    }

    struct ConnectorColumns: Statement {
        static let sql: StaticString = """
            SELECT format('%s.%s', t.attrelid::regclass, t.attname) FROM pg_attribute t
            JOIN pg_class c ON c.oid = t.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND t.attnum > 0 AND NOT t.attisdropped
              AND has_column_privilege('ringbridge_connector', c.oid, t.attnum, 'SELECT')
              AND t.attname NOT IN ('tenant_id', 'withdrawn', 'gone_at')
              AND NOT EXISTS (SELECT FROM information_schema.view_column_usage u
                WHERE u.view_schema = 'crm' AND u.table_name = c.relname AND u.column_name = t.attname)
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    struct ViewColumns: Statement {
        static let sql: StaticString = """
            SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum),
              c.reloptions @> ARRAY['security_invoker=true', 'security_barrier=true']
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'crm'::regnamespace AND c.relkind = 'v' GROUP BY c.oid ORDER BY 1
            """
        struct Output: Sendable {
            var name: String
            var columns: [String]
            var isSafe: Bool?
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(name: try row.next(), columns: try row.next(), isSafe: try row.nextOptional())
        }
    }

    @Test("schema crm has the views of the contract, a call in the same words as over HTTP")
    func views() async throws {
        try await TestDatabase.with { test in
            let views = try await CatalogTests.query(ViewColumns(), test)
            let call = [
                "id", "version", "direction", "status", "call_id", "sub_call_id", "user_id", "extension_id",
                "extension_name", "extension_type", "client_number", "client_number_e164", "client_name", "did",
                "started_at", "answered_at", "ended_at", "duration_us", "recording_id", "callback_id", "transferred",
                "internal", "partial", "flags", "rule", "rules_version",
            ]
            let columns = Dictionary(uniqueKeysWithValues: views.map { ($0.name, $0.columns) })
            #expect(
                columns == [
                    "calls": call, "call_changes": ["seq", "op"] + call, "users": ["user_id", "name", "email"],
                    "extensions": ["extension_id", "name", "type", "label", "status", "last_event_at"],
                    "agents": ["agent_id", "extension_name", "status", "since"],
                ]
            )
            #expect(views.allSatisfy { $0.isSafe == true })
            let hidden = try await CatalogTests.query(ConnectorColumns(), test)
            #expect(hidden == [], "a connector may read a column that no view shows")
        }
    }

    struct Policies: Statement {
        static let sql: StaticString = """
            SELECT tablename::text, array_to_string(roles, ' '), permissive = 'PERMISSIVE', coalesce(qual, ''),
              coalesce(with_check, '')
            FROM pg_policies WHERE schemaname = 'public' ORDER BY 1
            """
        struct Output: Sendable {
            var table: String
            var roles: String
            var isPermissive: Bool
            var rows: String
            var newRows: String
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(
                table: try row.next(),
                roles: try row.next(),
                isPermissive: try row.next(),
                rows: try row.next(),
                newRows: try row.next()
            )
        }
    }

    @Test("each policy is for one role, and shows it the rows it may see in the one way that is proven")
    func policies() async throws {
        try await TestDatabase.with { test in
            let server = "(tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))"
            let session = "( SELECT crm.session_tenant() AS session_tenant)"
            let connector = "((tenant_id = ANY (ARRAY[\(session)])) AND (tenant_id = \(session)))"
            let policies = try await CatalogTests.query(Policies(), test)
            #expect(policies.count > 70)
            for policy in policies {
                let isRight =
                    switch policy.roles {
                    case "ringbridge_server": policy.rows == server && ["", server].contains(policy.newRows)
                    case "ringbridge_connector": policy.rows == connector && policy.newRows.isEmpty
                    case "ringbridge_system", "ringbridge_owner": true
                    default: false
                    }
                #expect(isRight && policy.isPermissive, "\(policy)")
            }
            #expect(
                Set(policies.filter { $0.roles == "ringbridge_connector" }.map(\.table))
                    == ["agents", "calls", "extensions", "users"]
            )
        }
    }

    struct ExcessiveRights: Statement {
        static let sql: StaticString = """
            SELECT format('%s: %s', r.rolname, v.excess) FROM pg_roles r CROSS JOIN LATERAL (VALUES
              ('superuser', r.rolsuper), ('BYPASSRLS', r.rolbypassrls), ('REPLICATION', r.rolreplication),
              ('CREATEROLE', r.rolcreaterole), ('CREATEDB', r.rolcreatedb),
              ('TEMP', has_database_privilege(r.oid, current_database(), 'TEMP')),
              ('CREATE', has_database_privilege(r.oid, current_database(), 'CREATE')),
              ('CREATE in public', has_schema_privilege(r.oid, 'public', 'CREATE')),
              ('inherits ringbridge_system', r.rolname = 'ringbridge_server' AND r.rolinherit),
              ('member of another role', EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid
                AND (r.rolname, pg_get_userbyid(m.roleid)) <> ('ringbridge_server', 'ringbridge_system'))),
              ('default privileges', EXISTS (SELECT FROM pg_default_acl))) AS v (excess, has)
            WHERE r.rolname IN ('ringbridge_server', 'ringbridge_system', 'ringbridge_connector') AND v.has
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("the roles of roles.sql that are not the owner can make nothing, and are members of nothing else")
    func roles() async throws {
        try await TestDatabase.withEmpty { owner in
            let connection = try await PostgresConnection.connect(owner, logger: Logger(label: "test"))
            let found = try await connection.execute(ExcessiveRights())
            await connection.close()
            #expect(found == [])
        }
    }
}
