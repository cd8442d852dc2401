import FoundationEssentials
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Isolation", .timeLimit(.minutes(5)))
struct IsolationTests {
    struct CountCalls: Statement {
        static let sql: StaticString = "SELECT count(*) FROM calls"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }

    struct CountCRMCalls: Statement {
        static let sql: StaticString = "SELECT count(*) FROM crm.calls"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }

    @Test("a tenant's transaction sees its rows only, and none outside of one")
    func tenantTransactions() async throws {
        try await TestDatabase.with { test in
            let database = test.database
            let one = try await TenantFixture.make("807", in: database)
            let other = try await TenantFixture.make("808", in: database)
            try await Self.writeCall(of: one, in: database)
            #expect(try await database.tenant(one) { try await $0.postgres.first(CountCalls()) } == 1)
            #expect(try await database.tenant(other) { try await $0.postgres.first(CountCalls()) } == 0)
            #expect(try await database.pool.execute(CountCalls()) == [0])
            // Naming the other tenant's id in the statement does not help.
            let named = try await database.tenant(other) { transaction in
                try await transaction.postgres.execute(ListChanges(tenantID: "807", seq: 0, limit: 10))
            }
            #expect(named.isEmpty)
        }
    }

    @Test("a connector's role sees its tenant by SQL, whatever it sets; another tenant's role sees none")
    func connectorRoles() async throws {
        try await TestDatabase.with { test in
            let one = try await TenantFixture.make("807", in: test.database)
            let other = try await TenantFixture.make("808", in: test.database)
            try await Self.writeCall(of: one, in: test.database)
            let logger = Logger(label: "test")
            let owner = try await PostgresConnection.connect(test.owner, logger: logger)
            let store = ConnectorRoleStore(connection: owner)
            let roles = ["bi_one_" + Self.suffix(), "bi_other_" + Self.suffix()]
            for (role, scope) in zip(roles, [one, other]) {
                try await store.create(roleName: role, password: "secret", for: scope.tenantID)
            }
            var counts: [Int64] = []
            for role in roles {
                let connection = try await PostgresConnection.connect(
                    try TestDatabase.configuration(database: test.name, role: role),
                    logger: logger
                )
                try await connection.script("SET app.tenant_id = '807'")
                counts += try await connection.execute(CountCRMCalls())
                await #expect(throws: PostgresError.self) { try await connection.script("SET ROLE ringbridge_system") }
                await #expect(throws: PostgresError.self) {
                    try await connection.script("SET transaction_read_only = off; DELETE FROM public.calls")
                }
                await connection.close()
            }
            #expect(counts == [1, 0])
            for (role, scope) in zip(roles, [one, other]) {
                #expect(try await store.revoke(roleName: role, of: scope.tenantID))
            }
            await #expect(throws: ConnectorRoleStore.Failure.self) {
                try await store.create(roleName: "bi_none", password: "secret", for: TenantID(rawValue: "none"))
            }
            await owner.close()
        }
    }

    @Test(
        "a connector's role cannot disturb others: no advisory lock, no notification, no large object",
        arguments: [
            "SELECT pg_advisory_lock(1)", "SELECT pg_try_advisory_xact_lock(1)",
            "SELECT pg_notify('ringbridge_calls', '')",
            "SELECT lo_from_bytea(0, 'x')",
            "CREATE TABLE public.mine (a int)",
            "INSERT INTO public.users (tenant_id) VALUES ('808')",
        ]
    )
    func harmlessRoles(attempt: String) async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let logger = Logger(label: "test")
            let owner = try await PostgresConnection.connect(test.owner, logger: logger)
            let store = ConnectorRoleStore(connection: owner)
            let role = "bi_" + Self.suffix()
            try await store.create(roleName: role, password: "secret", for: scope.tenantID)
            let connection = try await PostgresConnection.connect(
                try TestDatabase.configuration(database: test.name, role: role),
                logger: logger
            )
            // Read-only is a default that every session can lift; what holds are the grants.
            try await connection.script("SET default_transaction_read_only = off")
            let error = await #expect(throws: PostgresError.self) { try await connection.script(attempt) }
            #expect(error?.sqlState == .insufficientPrivilege)
            await connection.close()
            #expect(try await store.revoke(roleName: role, of: scope.tenantID))
            await owner.close()
        }
    }

    struct Audited: Statement {
        static let sql: StaticString = "SELECT action FROM audit_log WHERE tenant_id = '807' ORDER BY audit_id"
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    @Test("the runtime role mints no keys and changes no tenant, and operators' audit lines are not its own")
    func runtimeGrants() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let server = try await PostgresConnection.connect(test.server, logger: Logger(label: "test"))
            for attempt in ["UPDATE tenants SET status = 'suspended'", "UPDATE api_keys SET role = 'operator'"] {
                let error = await #expect(throws: PostgresError.self) { try await server.script(attempt) }
                #expect(error?.sqlState == .insufficientPrivilege)
            }
            await server.close()
            try await test.database.system { transaction in
                try await transaction.audit(AuditEntry(actor: "a", action: "operator.only", target: "t"), tenantID: nil)
                try await transaction.audit(
                    AuditEntry(actor: "a", action: "tenant.own", target: "t"),
                    tenantID: scope.tenantID
                )
            }
            let seen = try await test.database.tenant(scope) { try await $0.postgres.execute(Audited()) }
            #expect(seen == ["tenant.own"])
            #expect(try await test.database.pool.execute(Audited()) == [])
        }
    }

    static func writeCall(of scope: TenantScope, in database: Database) async throws {
        try await database.system { transaction in
            try await transaction.assembly.write([
                AssemblyResult(
                    key: CallKey(scope: scope, callID: CallID(rawValue: "c1")),
                    changes: [.upsert(FeedTests.record(callID: "c1"))],
                    nextDue: nil
                )
            ])
        }
    }

    private static func suffix() -> String {
        UUID().uuidString.lowercased().prefix(8).description
    }
}
