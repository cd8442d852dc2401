import Foundation
import Postgres
import RingmeSimulator
import Storage
import TestSupport
import Testing

/// `secrets rekey` by the built program, in the documented order: new key first, restart, rekey, remove the old key.
@Suite("Rekeying at the shell", .timeLimit(.minutes(5)))
struct RekeyCommandTests {
    private static let old = "k1:" + String(repeating: "A", count: 43) + "="
    private static let new = "k2:" + String(repeating: "B", count: 43) + "="

    private struct Result: Decodable {
        var current: String
        var resealed: Int
        var remaining: [String: Int]
    }

    @Test("killed in the middle and run again while a server runs, it ends with every secret under the new key alone")
    func interrupted() async throws {
        try await Installation.with { installation in
            let first = try await installation.startServer()
            _ = try await installation.onboard(first)
            await first.program.end()
            let both = ["MASTER_KEYS": "\(Self.new),\(Self.old)"]
            let server = try await installation.startServer(environment: both)
            let before = try await Self.rekey(installation, keys: both, "--dry-run")
            // The app secret, and a token of each of four extensions.
            #expect(before.status == 0)
            #expect(before.result?.remaining == ["k1": 5])

            // The tokens cannot be written; the app secret before them is.
            let superuser = try await installation.superuser()
            try await superuser.script("BEGIN")
            try await superuser.script("LOCK TABLE event_tokens IN SHARE MODE")
            let stuck = try Self.start(installation, keys: both)
            let watcher = try await installation.superuser()
            try await DurabilityTests.poll { try await watcher.execute(CountWaiting()).first == 1 }
            #expect(await stuck.end(SIGKILL) == SIGKILL)
            try await superuser.script("ROLLBACK")
            await superuser.close()
            #expect(try await Self.rekey(installation, keys: both, "--dry-run").result?.remaining == ["k1": 4])

            let done = try await Self.rekey(installation, keys: both)
            #expect(done.status == 0)
            #expect(done.result?.current == "k2")
            #expect(done.result?.resealed == 4)
            #expect(done.result?.remaining == [:])
            await server.program.end()
            await watcher.close()

            // Without the old key: the PBX is reached with the same app secret, and its rows are known by the same tokens.
            let last = try await installation.startServer(environment: ["MASTER_KEYS": Self.new])
            let answer = try await last.send(
                .post,
                "/admin/v1/tenants/807/extensions/85218/rotate-token",
                key: installation.operatorKey,
                headers: [("Prefer", "wait=30")],
                expecting: 200
            )
            #expect(answer.text.contains(#""converged""#), "\(answer.text)")
            #expect(installation.pbx.pbx.events(of: 85_218).count == 4)
            #expect(await last.program.end() == 0)
        }
    }

    @Test("what does not open is named by tenant and kind, and the exit code is 1")
    func failure() async throws {
        try await Installation.with { installation in
            let server = try await installation.startServer()
            _ = try await installation.onboard(server)
            await server.program.end()
            // k1 is not in the ring, so nothing opens.
            let program = try Self.start(installation, keys: ["MASTER_KEYS": Self.new], json: false)
            let lines = await program.remainingLines()
            #expect(await program.exitStatus() == 1)
            #expect(lines.first == #"sealed 0 secrets under "k2""#)
            #expect(
                lines.contains { $0.hasPrefix(#"tenant 807, app secret: a secret is sealed under the key "k1""#) },
                "\(lines)"
            )
            #expect(lines.contains { $0.hasPrefix("tenant 807, event token of extension 85218: ") }, "\(lines)")
            #expect(lines.contains(#"5 remain under "k1", which MASTER_KEYS does not have"#), "\(lines)")
        }
    }

    private static func start(
        _ installation: Installation,
        keys: [String: String],
        json: Bool = true,
        _ arguments: String...
    ) throws -> BuiltProgram {
        let environment = keys.merging(["DATABASE_URL": installation.databaseURL("ringbridge_server")]) { $1 }
        return try BuiltProgram(
            "ringbridge",
            ["secrets", "rekey"] + (json ? ["--json"] : []) + arguments,
            environment: environment
        )
    }

    private static func rekey(
        _ installation: Installation,
        keys: [String: String],
        _ arguments: String...
    ) async throws -> (status: Int32, result: Result?) {
        let environment = keys.merging(["DATABASE_URL": installation.databaseURL("ringbridge_server")]) { $1 }
        let program = try BuiltProgram(
            "ringbridge",
            ["secrets", "rekey", "--json"] + arguments,
            environment: environment
        )
        let text = await program.remainingLines().joined(separator: "\n")
        return (await program.exitStatus(), try? JSONDecoder().decode(Result.self, from: Data(text.utf8)))
    }
}

/// Sessions that wait for a lock to write tokens.
private struct CountWaiting: Statement {
    static let sql: StaticString = """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE event_tokens t SET sealed%'
        """
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
