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
