import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Secrets")
struct SecretTests {
    private static let one = "one:" + String(repeating: "A", count: 43) + "="
    private static let two = "two:" + String(repeating: "B", count: 43) + "="

    @Test("what is sealed opens in its place only")
    func place() throws {
        let ring = try KeyRing(parsing: Self.one)
        let context = SealContext.appSecret(of: TenantID(rawValue: "807"))
        let sealed = try ring.seal("top secret", context: context)
        #expect(!sealed.contains("top"))
        #expect(try ring.open(sealed, context: context) == "top secret")
        #expect(throws: KeyRing.OpenError.notAuthentic) {
            try ring.open(sealed, context: .appSecret(of: TenantID(rawValue: "808")))
        }
        #expect(try ring.seal("top secret", context: context) != sealed)
    }

    @Test("the first key seals, the others still open")
    func rotation() throws {
        let context = SealContext.appSecret(of: TenantID(rawValue: "807"))
        let sealed = try KeyRing(parsing: Self.one).seal("x", context: context)
        #expect(try KeyRing(parsing: "\(Self.two),\(Self.one)").open(sealed, context: context) == "x")
        #expect(throws: KeyRing.OpenError.unknownKey(id: "one")) {
            try KeyRing(parsing: Self.two).open(sealed, context: context)
        }
    }

    @Test("a key ring that does not open what is stored is found out")
    func proof() async throws {
        try await TestDatabase.with { test in
            try await test.database.system { try await $0.proveKeyRing(try KeyRing(parsing: Self.one)) }
            _ = try await TenantFixture.make("807", in: test.database)
            try await test.database.system { try await $0.proveKeyRing(try TenantFixture.keyRing()) }
            await #expect(throws: KeyRing.OpenError.unknownKey(id: "test")) {
                try await test.database.system { try await $0.proveKeyRing(try KeyRing(parsing: Self.one)) }
            }
            let sameID = "test:" + String(repeating: "B", count: 43) + "="
            await #expect(throws: KeyRing.OpenError.notAuthentic) {
                try await test.database.system { try await $0.proveKeyRing(try KeyRing(parsing: sameID)) }
            }
        }
    }

    @Test("a start proves the keys of everything that is sealed, and names all that are missing")
    func wholeProof() async throws {
        try await TestDatabase.with { test in
            func prove(_ keys: String) async throws {
                try await test.database.system { try await $0.proveKeyRingOpensAll(try KeyRing(parsing: keys)) }
            }
            try await prove(Self.one)
            let scope = try await TenantFixture.make("807", in: test.database)
            _ = try await TenantFixture.map([(85_218, "u1")], of: scope, in: test.database)
            try await test.database.system { transaction in
                let resealed = try KeyRing(parsing: Self.one).seal("secret", context: .appSecret(of: scope.tenantID))
                _ = try await transaction.postgres.execute(Reseal(sealed: resealed))
                var generator = SystemRandomNumberGenerator()
                try await transaction.agentTokens.make(
                    for: [AgentID(rawValue: 7)],
                    of: scope,
                    keyRing: try KeyRing(parsing: Self.two),
                    using: &generator
                )
            }
            let test = "test:" + String(repeating: "A", count: 43) + "="
            try await prove("\(test),\(Self.two),\(Self.one)")
            let missing = await #expect(throws: KeyRing.Misfit.self) { try await prove(Self.one) }
            #expect(missing?.problem.contains(#"the keys "test", "two""#) == true)
            let foreign = await #expect(throws: KeyRing.Misfit.self) {
                try await prove("test:\(Self.two.dropFirst(4)),\(Self.two),\(Self.one)")
            }
            #expect(foreign?.problem.contains(#""test""#) == true)
            #expect(foreign?.fix.contains("a new key needs a new id") == true)
        }
    }

    @Test("a malformed key ring says what is wrong and shows no key", arguments: ["", "A", "k:short", "k k:x", "a:b,"])
    func malformedRing(text: String) {
        let error = #expect(throws: KeyRing.ParseError.self) { try KeyRing(parsing: text) }
        #expect(error?.description.contains("short") == false)
    }

    @Test("an API key is found by its digest until it is revoked, expires, or belongs to nobody")
    func apiKeys() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            var generator = SystemRandomNumberGenerator()
            let secret = APIKeySecret.generate(role: .connector, using: &generator)
            let expired = APIKeySecret.generate(role: .admin, using: &generator)
            try await test.database.system { transaction in
                _ = try await transaction.keys.create(
                    secret,
                    role: .connector,
                    scope: scope,
                    name: "crm",
                    expiresAt: nil
                )
                _ = try await transaction.keys.create(
                    expired,
                    role: .admin,
                    scope: scope,
                    name: "old",
                    expiresAt: Timestamp(microseconds: 1)
                )
            }
            func holder(_ text: String) async throws -> Principal? {
                try await test.database.system { try await $0.keys.authenticate(SecretDigest(of: text)) }
            }
            let principal = try #require(try await holder(secret.text))
            #expect(principal.role == .connector)
            #expect(principal.scope == scope)
            #expect(principal.actor == "connector:\(secret.id)")
            #expect(try await holder(expired.text) == nil)
            #expect(try await holder(secret.text + "x") == nil)
            #expect(!"\(secret)".contains(secret.text))
            try await test.database.system { transaction in
                let listed = try await transaction.keys.list(of: scope)
                #expect(listed.first { $0.id == secret.id }?.lastUsedAt != nil)
                let byOperator = try await transaction.keys.revoke(secret.id, of: nil)
                let byTenant = try await transaction.keys.revoke(secret.id, of: scope)
                #expect((byOperator, byTenant) == (false, true))
            }
            #expect(try await holder(secret.text) == nil)
        }
    }
}

/// Seals every tenant's app secret anew.
private struct Reseal: Statement {
    static let sql: StaticString = "UPDATE tenants SET pbx_app_secret_sealed = $1"
    var sealed: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.sealed) }
}
