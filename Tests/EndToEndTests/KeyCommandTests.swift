import Foundation
import Postgres
import Testing

/// Operators' keys are made, listed and revoked at the shell; they work over HTTP until they end.
@Suite("Keys at the shell", .timeLimit(.minutes(5)))
struct KeyCommandTests {
    private struct MadeKey: Decodable {
        var id: String
        var key: String
    }

    private struct ListedKey: Decodable {
        var id: String
        var state: String
        var expiresAt: String?
        var lastUsedAt: String?

        enum CodingKeys: String, CodingKey {
            case id, state
            case expiresAt = "expires_at"
            case lastUsedAt = "last_used_at"
        }
    }

    @Test("an operator's key: made with an expiry, used, listed, expired, revoked; the audit log has no secret")
    func operatorKey() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            func run(_ arguments: [String], expecting status: Int32 = 0) async throws -> (output: String, log: String) {
                let program = try BuiltProgram(
                    "ringbridge",
                    ["key"] + arguments,
                    environment: ["DATABASE_URL": installation.databaseURL("ringbridge_server")]
                )
                let lines = await program.remainingLines()
                let ended = await program.exitStatus()
                #expect(ended == status, "\(arguments): \(program.log)")
                return (lines.joined(separator: "\n"), program.log)
            }
            func status(_ key: String) async throws -> Int {
                try await server.send(.get, "/admin/v1/tenants", key: key).status
            }
            func listed() async throws -> [ListedKey] {
                try JSONDecoder().decode([ListedKey].self, from: Data(try await run(["list", "--json"]).output.utf8))
            }

            let text = try await run(
                ["create", "--role", "operator", "--expires-at", "2999-01-01T00:00:00Z", "--json"]
            ).output
            let made = try JSONDecoder().decode(MadeKey.self, from: Data(text.utf8))
            #expect(try await status(made.key) == 200)
            let live = try #require(try await listed().first)
            #expect(live.id == made.id)
            #expect(live.state == "live")
            #expect(live.expiresAt == "2999-01-01T00:00:00.000000Z")
            #expect(live.lastUsedAt != nil)

            let connection = try await installation.superuser()
            try await connection.script("UPDATE api_keys SET expires_at = now() - interval '1 second'")
            #expect(try await status(made.key) == 401)
            #expect(try await listed().map(\.state) == ["expired"])
            try await connection.script("UPDATE api_keys SET expires_at = NULL")
            #expect(try await status(made.key) == 200)
            _ = try await run(["revoke", made.id])
            #expect(try await status(made.key) == 401)
            #expect(try await listed().map(\.state) == ["revoked"])
            #expect(try await run(["revoke", made.id], expecting: 1).log.contains("ringbridge key list"))

            let past = try await run(
                ["create", "--role", "operator", "--expires-at", "2001-01-01T00:00:00Z"],
                expecting: 64
            )
            #expect(past.log.contains("has passed"))
            let log = try await connection.execute(AuditOfKeys())
            await connection.close()
            #expect(log.map(\.what) == ["key.create key:\(made.id)", "key.revoke key:\(made.id)"])
            #expect(log.allSatisfy { !$0.content.contains(made.key) && $0.content.contains("operator") })
            await server.program.end()
        }
    }
}

private struct AuditOfKeys: Statement {
    static let sql: StaticString = """
        SELECT action || ' ' || target, concat(before::text, after::text) FROM audit_log
        WHERE action LIKE 'key.%' ORDER BY audit_id
        """

    struct Output: Sendable {
        var what: String
        var content: String
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(what: try row.next(), content: try row.next())
    }
}
