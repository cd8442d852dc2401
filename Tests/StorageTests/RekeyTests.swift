import Logging
import Postgres
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import Storage

/// What is sealed under an old key comes under the current one, whatever happens meanwhile.
@Suite("Rekeying", .timeLimit(.minutes(5)))
struct RekeyTests {
    private static let tenantID = TenantID(rawValue: "807")

    /// The key of ``TenantFixture`` second, a new one first.
    private static func ring() throws -> KeyRing {
        try KeyRing(
            parsing: "new:" + String(repeating: "B", count: 43) + "=,test:" + String(repeating: "A", count: 43) + "="
        )
    }

    /// The new key alone, as it is after the old one was removed.
    private static func newRing() throws -> KeyRing {
        try KeyRing(parsing: "new:" + String(repeating: "B", count: 43) + "=")
    }

    /// A tenant with an app secret, tokens of mapped phones, and one of an agent: each sealed under the old key.
    private static func fill(_ database: Database, phones: Int64 = 20) async throws -> TenantScope {
        let scope = try await TenantFixture.make(self.tenantID.rawValue, in: database, appSecret: "app secret")
        _ = try await TenantFixture.map((1...phones).map { ($0, "u") }, of: scope, in: database)
        try await database.system { transaction in
            var generator = SystemRandomNumberGenerator()
            try await transaction.agentTokens.make(
                for: [AgentID(rawValue: 136)],
                of: scope,
                keyRing: TenantFixture.keyRing(),
                using: &generator
            )
        }
        return scope
    }

    private static func counts(_ database: Database) async throws -> [String: Int] {
        try await database.system { try await $0.sealedSecrets.counts() }
    }

    @Test("everything sealed opens under the new key alone, the same as before, and it is in the audit log")
    func everything() async throws {
        try await TestDatabase.with { test in
            let scope = try await Self.fill(test.database)
            let phone = ExtensionID(rawValue: 7)
            let agent = AgentID(rawValue: 136)
            func tokens(_ ring: KeyRing) async throws -> [EventTokens] {
                try await test.database.system { transaction in
                    [
                        try await transaction.eventTokens.tokens(of: scope, extensionID: phone, keyRing: ring),
                        try await transaction.agentTokens.tokens(of: scope, agentID: agent, keyRing: ring),
                    ]
                }
            }
            let before = try await tokens(try TenantFixture.keyRing())
            let version = try await test.database.system { try await $0.eventTokens.version() }
            #expect(try await Self.counts(test.database) == ["test": 22])

            let report = try await test.database.rekey(with: try Self.ring(), by: "operator:shell", batch: 3)
            #expect(report.resealed == 22)
            #expect(report.failures == [])
            #expect(report.remaining == [:])
            #expect(try await Self.counts(test.database) == ["new": 22])
            let after = try await tokens(try Self.newRing())
            #expect(after.map(\.live) == before.map(\.live))
            #expect(after.map(\.all) == before.map(\.all))
            let tenant = try await test.database.system { try await $0.tenants.find(Self.tenantID) }
            let sealed = try #require(tenant?.pbx.sealedAppSecret)
            #expect(try Self.newRing().open(sealed, context: .appSecret(of: Self.tenantID)) == "app secret")
            #expect(
                try await test.database.system { try await $0.eventTokens.version() } == version,
                "servers need not read tokens again that are only sealed anew"
            )

            let again = try await test.database.rekey(with: try Self.ring(), by: "operator:shell")
            #expect(again.resealed == 0)
            let lines = try await test.database.system { try await $0.postgres.execute(AuditedRekeyings()) }
            #expect(lines == [#"operator:shell key:new {"test": 22}"#], "what changes nothing is no line")
        }
    }

    private struct AuditedRekeyings: Statement {
        static let sql: StaticString = """
            SELECT actor || ' ' || target || ' ' || before::text FROM audit_log WHERE action = 'secrets.rekey'
            """
        static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
    }

    private struct Killed: Error {}

    @Test("killed at any place, run again it goes on to the end", arguments: 1...16)
    func killed(at place: Int) async throws {
        try await TestDatabase.with { test in
            _ = try await Self.fill(test.database, phones: 6)
            let passed = Mutex(0)
            let mortal = Database(pool: test.database.pool) {
                let count = passed.withLock { count in
                    count += 1
                    return count
                }
                if count == place { throw Killed() }
            }
            await #expect(throws: Killed.self) {
                try await mortal.rekey(with: try Self.ring(), by: "operator:shell", batch: 2)
            }
            let counts = try await Self.counts(test.database)
            #expect(counts.values.reduce(0, +) == 8)
            let report = try await test.database.rekey(with: try Self.ring(), by: "operator:shell", batch: 2)
            #expect(report.resealed == counts["test"] ?? 0)
            #expect(try await Self.counts(test.database) == ["new": 8])
        }
    }

    @Test("what does not open is named, stays as it is, and does not stop the others")
    func failures() async throws {
        try await TestDatabase.with { test in
            _ = try await Self.fill(test.database)
            let superuser = try await PostgresConnection.connect(test.superuser, logger: Logger(label: "test"))
            try await superuser.script(
                """
                UPDATE event_tokens SET sealed = 'v1.lost.' || split_part(sealed, '.', 3) WHERE extension_id = 3;
                UPDATE event_tokens SET sealed = (SELECT pbx_app_secret_sealed FROM tenants) WHERE extension_id = 4;
                UPDATE agent_tokens SET sealed = 'no seal';
                """
            )
            let report = try await test.database.rekey(with: try Self.ring(), by: "operator:shell", batch: 2)
            #expect(report.resealed == 19)
            #expect(
                Set(report.failures) == [
                    RekeyFailure(
                        tenantID: Self.tenantID,
                        place: .eventToken(ExtensionID(rawValue: 3)),
                        reason: .unknownKey(id: "lost")
                    ),
                    RekeyFailure(
                        tenantID: Self.tenantID,
                        place: .eventToken(ExtensionID(rawValue: 4)),
                        reason: .notAuthentic
                    ),
                    RekeyFailure(
                        tenantID: Self.tenantID,
                        place: .agentToken(AgentID(rawValue: 136)),
                        reason: .malformed
                    ),
                ]
            )
            #expect(report.failures.count == 3)
            #expect(report.remaining == ["lost": 1, "test": 1, "": 1])
            await superuser.close()
        }
    }

    @Test("a secret that an operator changes meanwhile is the operator's, whichever comes first")
    func concurrentChange() async throws {
        try await TestDatabase.with { test in
            _ = try await Self.fill(test.database)
            let context = SealContext.appSecret(of: Self.tenantID)
            // The old row was read, then changed: the text that was read is no longer there.
            let changed = try TenantFixture.keyRing().seal("changed", context: context)
            let old = try await test.database.system { transaction in
                try await transaction.postgres.execute(ClaimAppSecrets(after: nil, currentKey: "new", limit: 10))
            }
            try await Self.putSecret(changed, in: test.database)
            let written = try await test.database.system { transaction in
                try await transaction.postgres.affectedRows(ResealAppSecrets(old.map { ($0, "v1.new.stale") }))
            }
            #expect(written == 0)
            _ = try await test.database.rekey(with: try Self.ring(), by: "operator:shell")
            let tenant = try await test.database.system { try await $0.tenants.find(Self.tenantID) }
            let sealed = try #require(tenant?.pbx.sealedAppSecret)
            #expect(try Self.newRing().open(sealed, context: context) == "changed")
        }
    }

    @Test("who holds a tenant to write it back keeps rekeying away until then")
    func heldTenant() async throws {
        try await TestDatabase.with { test in
            _ = try await Self.fill(test.database)
            let (holding, hold) = AsyncStream.makeStream(of: Void.self)
            let (released, release) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await test.database.system { transaction in
                        let tenant = try #require(try await transaction.tenants.hold(Self.tenantID))
                        hold.finish()
                        for await _ in released {}
                        let isWritten = try await transaction.tenants.suspend(tenant)
                        #expect(isWritten)
                    }
                }
                for await _ in holding {}
                let passedOver = try await test.database.system { transaction in
                    try await transaction.sealedSecrets.reseal(.appSecrets, after: nil, with: Self.ring(), limit: 10)
                }
                #expect(
                    passedOver.resealed == 0 && passedOver.last == nil,
                    "it does not wait for who writes the tenant"
                )
                release.finish()
                try await tasks.waitForAll()
            }
            let report = try await test.database.rekey(with: try Self.ring(), by: "operator:shell")
            #expect(report.remaining == [:])
            let tenant = try await test.database.system { try await $0.tenants.find(Self.tenantID) }
            #expect(tenant?.status == .suspended)
            #expect(tenant?.pbx.sealedAppSecret.hasPrefix("v1.new.") == true)
        }
    }

    @Test("rekeying runs while servers make, retire and read tokens: none is lost, none stays behind")
    func whileServersRun() async throws {
        try await TestDatabase.with { test in
            let scope = try await Self.fill(test.database, phones: 60)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    // Servers have the new key already: what they make is sealed under it.
                    for round in 0..<10 {
                        let kept = (1...60).filter { Int64(round) % 3 != $0 % 3 }.map { (Int64($0), "u" as String?) }
                        try await test.database.tenant(scope) { transaction in
                            let locked = try await transaction.mappings.lockCurrent()
                            var generator = SystemRandomNumberGenerator()
                            _ = try await transaction.mappings.replace(
                                kept.map {
                                    Mapping(
                                        extensionID: ExtensionID(rawValue: $0.0),
                                        userID: $0.1.map(UserID.init(rawValue:))
                                    )
                                },
                                locked: locked,
                                keyRing: Self.ring(),
                                using: &generator
                            )
                        }
                    }
                }
                tasks.addTask {
                    _ = try await test.database.rekey(with: try Self.ring(), by: "operator:shell", batch: 4)
                }
                try await tasks.waitForAll()
            }
            _ = try await test.database.rekey(with: try Self.ring(), by: "operator:shell")
            let counts = try await Self.counts(test.database)
            #expect(Set(counts.keys) == ["new"])
            for number in 1...60 {
                let tokens = try await test.database.system { transaction in
                    try await transaction.eventTokens.tokens(
                        of: scope,
                        extensionID: ExtensionID(rawValue: Int64(number)),
                        keyRing: Self.newRing()
                    )
                }
                #expect(!tokens.all.isEmpty)
            }
        }
    }

    private static func putSecret(_ sealed: String, in database: Database) async throws {
        try await database.system { transaction in
            let tenant = try #require(try await transaction.tenants.hold(Self.tenantID))
            var pbx = tenant.pbx
            pbx.sealedAppSecret = sealed
            _ = try await transaction.tenants.put(
                TenantStore.Definition(
                    id: tenant.id,
                    name: tenant.name,
                    locale: tenant.locale,
                    timeZone: tenant.timeZone,
                    status: tenant.status,
                    pbx: pbx,
                    settings: tenant.settings
                )
            )
        }
    }
}
