import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

@Suite("Mappings", .timeLimit(.minutes(5)))
struct MappingTests {
    private static let users: Set<UserID> = [UserID(rawValue: "u1")]

    private static func mapping(_ id: Int64, _ user: String?) -> Mapping {
        Mapping(extensionID: ExtensionID(rawValue: id), userID: user.map(UserID.init(rawValue:)))
    }

    @Test(
        "a wanted set is refused entry by entry",
        arguments: [
            ([mapping(85_218, "u1"), mapping(96_850, nil)], []),
            ([mapping(85_218, nil)], [MappingRefusal.userRequired]),
            ([mapping(85_218, "nobody")], [.userUnknown]),
            ([mapping(1, "u1")], [.extensionUnknown]),
            ([mapping(85_218, "u1"), mapping(85_218, "u1")], [.duplicateExtension]),
            ([mapping(5, "u1")], [.extensionTypeUnsupported]),
        ] as [([Mapping], [MappingRefusal])]
    )
    func validation(wanted: [Mapping], refusals: [MappingRefusal]) {
        let fax = ListedExtension(
            id: ExtensionID(rawValue: 5),
            name: "2566*005",
            type: ExtensionType(rawValue: "fax"),
            label: nil,
            status: "active"
        )
        let validation = MappingValidation(wanted, directory: TenantFixture.extensions + [fax], users: Self.users)
        #expect(validation.failures.map(\.refusal) == refusals)
    }

    @Test("while the directory could never be read, an unknown extension is accepted")
    func unknownDirectory() {
        #expect(MappingValidation([Self.mapping(1, "u1")], directory: nil, users: Self.users).failures == [])
    }

    struct Periods: Statement {
        static let sql: StaticString = """
            SELECT coalesce(user_id, '-'), valid_from, valid_until FROM mappings WHERE extension_id = 85218 ORDER BY valid_from
            """
        struct Output: Sendable {
            var user: String
            var from: Timestamp
            var until: Timestamp?
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(user: try row.next(), from: try row.next(), until: try row.nextOptional())
        }
    }

    @Test("changing the user leaves a history without gap or overlap, and the same event token")
    func history() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            let first = try await TenantFixture.map([(85_218, "u1")], of: scope, in: test.database)
            let token = try await Self.tokens(of: scope, in: test.database)
            _ = try await TenantFixture.map([(85_218, "u2")], of: scope, in: test.database)
            #expect(try await Self.tokens(of: scope, in: test.database).live == token.live)
            _ = try await TenantFixture.map([], of: scope, in: test.database)
            let retired = try await Self.tokens(of: scope, in: test.database)
            #expect(retired.live == nil)
            #expect(retired.all == token.all)
            let again = try await TenantFixture.map([(85_218, "u1")], of: scope, in: test.database)
            let tokens = try await Self.tokens(of: scope, in: test.database)
            #expect(tokens.all.count == 2)
            #expect(tokens.live != token.live)
            #expect(try #require(again.first).generation > (try #require(first.first)).generation)
            let periods = try await test.database.tenant(scope) { try await $0.postgres.execute(Periods()) }
            #expect(periods.map(\.user) == ["u1", "u2", "u1"])
            #expect(periods[0].until == periods[1].from)
            #expect(periods[2].until == nil)
        }
    }

    @Test("a token's events belong to its extension as long as the tenant is there, retired or not")
    func owners() async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make("807", in: test.database)
            _ = try await TenantFixture.map([(85_218, "u1")], of: scope, in: test.database)
            let token = try #require(try await Self.tokens(of: scope, in: test.database).live)
            _ = try await TenantFixture.map([], of: scope, in: test.database)
            let digest = SecretDigest(of: token.text)
            let owners = try await test.database.system { try await $0.eventTokens.owners() }
            #expect(owners[digest] == EventTokenOwner(scope: scope, extensionID: ExtensionID(rawValue: 85_218)))
            #expect(owners[SecretDigest(of: "x")] == nil)
            #expect(try await test.database.system { try await $0.eventTokens.version() } > 1)
        }
    }

    static func tokens(of scope: TenantScope, in database: Database) async throws -> EventTokens {
        try await database.system { transaction in
            try await transaction.eventTokens.tokens(
                of: scope,
                extensionID: ExtensionID(rawValue: 85_218),
                keyRing: try TenantFixture.keyRing()
            )
        }
    }
}
