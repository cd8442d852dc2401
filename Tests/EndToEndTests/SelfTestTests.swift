import Foundation
import Postgres
import RingmeSimulator
import Storage
import TestSupport
import Testing

/// The self-test and `doctor` of a whole installation.
@Suite("Self-test", .timeLimit(.minutes(5)))
struct SelfTestTests {
    private struct Page: Decodable {
        struct Finding: Decodable {
            var check: String
            var ok: Bool
            var detail: String
            var fix: String?
            var tenant: String?
        }
        var data: [Finding]
    }

    @Test("an event of its own goes out to the public URL and is found again; it is no call and no sign of life")
    func endToEnd() async throws {
        try await Installation.with { installation in
            // The public URL is the server's own, so its port is chosen before.
            let first = try await installation.startServer()
            let port = first.port
            await first.program.end()
            let server = try await installation.startServer(port: port)
            _ = try await installation.onboard(server)
            let answer = try await server.send(
                .post,
                "/admin/v1/tenants/807/check",
                key: installation.operatorKey,
                headers: [("Accept-Language", "en")],
                expecting: 200
            )
            let findings = try JSONDecoder().decode(Page.self, from: answer.body).data
            #expect(findings.map(\.check) == CheckFinding.Check.allCases.map(\.rawValue))
            #expect(findings.allSatisfy { $0.ok && $0.fix == nil }, "\(answer.text)")
            let token = try installation.eventPath(of: 85_218).suffix(32)
            #expect(!answer.text.contains(token))

            // Assembled like any event, it leaves no trace but itself.
            let database = try await installation.superuser()
            try await DurabilityTests.poll {
                try await database.execute(CountDue()).first == 0
            }
            #expect(try await database.execute(CountTraces()).first == [1, 0, 0])
            await database.close()

            let environment = [
                "DATABASE_URL": installation.databaseURL("ringbridge_server"),
                "PUBLIC_URL": "http://127.0.0.1:\(port)",
                "MASTER_KEYS": "k1:" + String(repeating: "A", count: 43) + "=",
            ]
            let well = try BuiltProgram("ringbridge", ["doctor", "--json"], environment: environment)
            let lines = try await Self.findings(of: well)
            #expect(await well.exitStatus() == 0)
            #expect(lines.allSatisfy { $0.ok }, "\(lines)")
            #expect(
                lines.filter { $0.tenant == nil }.map(\.check)
                    == ["configuration", "database", "schema", "role", "key_ring", "public_url"]
            )
            #expect(lines.filter { $0.tenant == "807" }.count == CheckFinding.Check.allCases.count - 1)

            try installation.pbx.pbx.removeApplication(appID: "app", clientID: SimulatedPBX.standardClientID)
            var wrong = environment
            wrong["PUBLIC_URL"] = installation.pbx.url
            let ill = try BuiltProgram("ringbridge", ["doctor", "--json"], environment: wrong)
            let failing = try await Self.findings(of: ill).filter { !$0.ok }
            #expect(await ill.exitStatus() == 1)
            #expect(Set(failing.map(\.check)).isSuperset(of: ["public_url", "credentials", "synthetic_event"]))
            #expect(failing.allSatisfy { $0.fix != nil })

            wrong["MASTER_KEYS"] = "k1:" + String(repeating: "B", count: 43) + "="
            let sealed = try BuiltProgram("ringbridge", ["doctor", "--json", "--skip-pbx"], environment: wrong)
            #expect(try await Self.findings(of: sealed).contains { $0.check == "key_ring" && !$0.ok })
            #expect(await sealed.exitStatus() == 1)
            #expect(await server.program.end() == 0)
        }
    }

    private static func findings(of program: BuiltProgram) async throws -> [Page.Finding] {
        try await program.remainingLines().map {
            try JSONDecoder().decode(Page.Finding.self, from: Data($0.utf8))
        }
    }
}

/// CallIDs that wait for the assembler.
private struct CountDue: Statement {
    static let sql: StaticString = "SELECT count(*) FROM assembly_due"
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

/// Stored events of the self-test, calls, and extensions that sent something.
private struct CountTraces: Statement {
    static let sql: StaticString = """
        SELECT (SELECT count(*) FROM events WHERE fields->>'EventType' = 'ringbridge-check'), (SELECT count(*) FROM calls),
          (SELECT count(*) FROM extensions WHERE last_event_at IS NOT NULL)
        """
    static func decode(_ row: inout Row) throws(PostgresError) -> [Int64] {
        [try row.next(), try row.next(), try row.next()]
    }
}
