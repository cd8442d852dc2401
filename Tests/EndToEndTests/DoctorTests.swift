import Foundation
import Postgres
import TestSupport
import Testing

/// Broken set-ups: `doctor` names what is wrong and the fix, `serve` does not start on what it cannot work with, and neither shows
/// a secret.
@Suite("Broken set-ups", .timeLimit(.minutes(5)))
struct DoctorTests {
    private static let wrongPassword = "hunter2-is-wrong"
    private static let key = String(repeating: "A", count: 43) + "="
    private static let otherKey = String(repeating: "B", count: 43) + "="

    @Test("each broken set-up is told with its fix, and a server that cannot work does not start")
    func brokenSetUps() async throws {
        try await Installation.with { installation in
            let first = try await installation.startServer()
            let port = first.port
            await first.program.end()
            let server = try await installation.startServer(port: port)
            _ = try await installation.onboard(server)
            let token = String(try installation.eventPath(of: 85_218).suffix(32))
            let right = [
                "DATABASE_URL": installation.databaseURL("ringbridge_server"),
                "PUBLIC_URL": "http://127.0.0.1:\(port)",
                "MASTER_KEYS": "k1:\(Self.key)",
            ]
            func run(_ command: String, _ changes: [String: String]) async throws -> Ending {
                let program = try BuiltProgram(
                    "ringbridge",
                    [command],
                    environment: right.merging(["HTTP_PORT": "0"].merging(changes) { $1 }) { $1 }
                )
                let output = await program.remainingLines().joined(separator: "\n") + "\n"
                let ending = Ending(status: await program.exitStatus(), output: output, log: program.log)
                for secret in [token, Self.wrongPassword, Self.key, Self.otherKey] {
                    #expect(!(ending.output + ending.log).contains(secret))
                }
                return ending
            }

            let well = try await run("doctor", [:])
            #expect(well.status == 0, "\(well.output)\(well.log)")
            #expect(!well.output.contains("FAIL"))

            // The public URL leads to another server.
            let elsewhere = try await run("doctor", ["PUBLIC_URL": installation.pbx.url])
            #expect(elsewhere.status == 1)
            #expect(elsewhere.fix(of: "public_url")?.contains("Check PUBLIC_URL") == true, "\(elsewhere.output)")

            // The key that sealed what is stored is not there.
            let keyless = try await run("doctor", ["MASTER_KEYS": "k2:\(Self.otherKey)"])
            #expect(keyless.status == 1)
            #expect(keyless.output.contains(#"FAIL key_ring: MASTER_KEYS lacks the key "k1""#), "\(keyless.output)")
            #expect(keyless.fix(of: "key_ring")?.contains("add to MASTER_KEYS, after the current key") == true)
            // What cannot be told without the key is not blamed on the PBX.
            #expect(!keyless.output.contains("tenant 807"))
            let other = try await run("doctor", ["MASTER_KEYS": "k1:\(Self.otherKey)"])
            #expect(other.status == 1)
            #expect(other.fix(of: "key_ring")?.contains("restore the key that had this id") == true)
            let unkeyed = try await run("serve", ["MASTER_KEYS": "k2:\(Self.otherKey)"])
            #expect(unkeyed.status == 1)
            #expect(unkeyed.log.contains(#"MASTER_KEYS lacks the key "k1""#), "\(unkeyed.log)")
            #expect(unkeyed.log.contains("add to MASTER_KEYS, after the current key"))

            // The PBX is away.
            try await installation.sql("UPDATE tenants SET pbx_url = 'http://127.0.0.1:1'")
            let away = try await run("doctor", [:])
            #expect(away.status == 1)
            #expect(away.fix(of: "tenant 807 credentials")?.contains("Check the PBX's URL") == true, "\(away.output)")
            #expect(away.output.contains("ok   public_url"))
            #expect(away.output.components(separatedBy: "fix: ").count == 2, "\(away.output)")
            try await installation.sql("UPDATE tenants SET pbx_url = '\(installation.pbx.url)'")

            // The schema is an older program's.
            try await installation.sql(
                "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)"
            )
            let behind = try await run("doctor", [:])
            #expect(behind.status == 1)
            #expect(behind.output.contains("FAIL schema: the schema is behind: 1 migration(s) to apply"))
            #expect(behind.fix(of: "schema") == "run: ringbridge migrate up")
            let unmigrated = try await run("serve", [:])
            #expect(unmigrated.status == 1)
            #expect(unmigrated.log.contains("run: ringbridge migrate up"), "\(unmigrated.log)")

            // The database refuses the password.
            try await installation.requirePassword(of: "ringbridge_server")
            let url =
                "postgresql://ringbridge_server:\(Self.wrongPassword)@127.0.0.1:\(installation.clusterPort)/ringbridge"
            for command in ["doctor", "serve"] {
                let refused = try await run(command, ["DATABASE_URL": url])
                #expect(refused.status == 1)
                let text = "check the user and the password in DATABASE_URL"
                #expect((refused.fix(of: "database") ?? refused.log).contains(text), "\(refused.output)\(refused.log)")
                #expect((refused.output + refused.log).contains("password authentication failed"))
            }
            await server.program.end()
        }
    }

    /// How a command ended.
    private struct Ending {
        var status: Int32
        /// Standard output.
        var output: String
        /// Standard error.
        var log: String

        /// What the report says to do about a check that failed.
        func fix(of check: String) -> String? {
            let lines = self.output.split(separator: "\n")
            guard let failure = lines.firstIndex(where: { $0.hasPrefix("FAIL \(check): ") }),
                lines.indices.contains(failure + 1), let fix = lines[failure + 1].firstRange(of: "fix: ")
            else { return nil }
            return String(lines[failure + 1][fix.upperBound...])
        }
    }
}

extension Installation {
    /// Runs SQL as the superuser.
    fileprivate func sql(_ text: String) async throws {
        let connection = try await self.superuser()
        let result: Result<Void, any Error>
        do {
            result = .success(try await connection.script(text))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        try result.get()
    }

    /// The cluster trusts whom the machine trusts; from now on it asks this role for a password.
    fileprivate func requirePassword(of role: String) async throws {
        let connection = try await self.superuser()
        let file = try await connection.execute(AccessFile()).first
        await connection.close()
        let url = URL(filePath: try #require(file))
        // In place: the file stays its owner's.
        let handle = try FileHandle(forUpdating: url)
        let rules = try handle.readToEnd() ?? Data()
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: Data("host all \(role) 127.0.0.1/32 scram-sha-256\n".utf8) + rules)
        try handle.close()
        try await self.sql("ALTER ROLE \(role) PASSWORD 'the right one'; SELECT pg_reload_conf()")
    }
}

private struct AccessFile: Statement {
    static let sql: StaticString = "SELECT current_setting('hba_file')"
    static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
}
