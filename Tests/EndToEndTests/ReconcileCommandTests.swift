import Foundation
import RingmeSimulator
import TestSupport
import Testing

/// `ringbridge reconcile`, `tenant suspend` and `tenant remove` of the built program, against the simulated PBX.
@Suite("Reconcile at the shell", .timeLimit(.minutes(5)))
struct ReconcileCommandTests {
    private struct Line: Decodable, Equatable {
        var tenant: String
        var extensionID: Int
        var state: String
        var added: [String]
        var removed: [String]
        var missing: [String]
        var problem: String?

        enum CodingKeys: String, CodingKey {
            case tenant, state, added, removed, missing, problem
            case extensionID = "extension_id"
        }
    }

    private struct Plan: Decodable {
        struct DryRun: Decodable {
            struct Entry: Decodable {
                struct Step: Decodable { var action: String }
                var extensionID: Int
                var steps: [Step]

                enum CodingKeys: String, CodingKey {
                    case steps
                    case extensionID = "extension_id"
                }
            }
            struct Requests: Decodable { var needed: Int }
            var plan: [Entry]
            var requests: Requests
        }
        var tenant: String
        var dryRun: DryRun

        enum CodingKeys: String, CodingKey {
            case tenant
            case dryRun = "dry_run"
        }
    }

    private struct Removal: Decodable {
        struct Row: Decodable {}
        var status: String
        var remaining: [Row]
        var rows: [String: Int]?
    }

    private static let phone = 85_218
    private static let all = [phone, 85_219, 96_850, 96_857]

    /// Runs a command to its end; returns its lines and its exit status.
    private static func run(_ arguments: [String], _ installation: Installation) async throws -> ([String], Int32) {
        let program = try BuiltProgram(
            "ringbridge",
            arguments,
            environment: [
                "DATABASE_URL": installation.databaseURL("ringbridge_server"),
                "PUBLIC_URL": "http://127.0.0.1:1",
                "MASTER_KEYS": "k1:" + String(repeating: "A", count: 43) + "=",
            ]
        )
        let lines = await program.remainingLines()
        return (lines, await program.exitStatus())
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ lines: [String]) throws -> [Value] {
        try lines.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    /// Onboards the tenant, and stops the server: the commands need none.
    private static func onboard(_ installation: Installation) async throws {
        let server = try await installation.startServer()
        _ = try await installation.onboard(server)
        #expect(await server.program.end() == 0)
    }

    @Test("a dry run prints the plan and writes nothing; the run does what it said; the exit status says how it went")
    func reconcile() async throws {
        try await Installation.with { installation in
            let pbx = installation.pbx.pbx
            try await Self.onboard(installation)
            for row in pbx.events(of: Self.phone).prefix(3) { try pbx.removeEvent(row.id) }
            pbx.clearRequestLog()

            let dry = try await Self.run(["reconcile", "--tenant", "807", "--dry-run", "--json"], installation)
            #expect(dry.1 == 0)
            let plan = try #require(try Self.decode(Plan.self, dry.0).first)
            #expect(plan.tenant == "807")
            #expect(plan.dryRun.plan.map(\.extensionID) == Self.all)
            #expect(plan.dryRun.plan[0].steps.count { $0.action == "create" } == 3)
            #expect(plan.dryRun.plan.dropFirst().allSatisfy { $0.steps.allSatisfy { $0.action == "keep" } })
            #expect(plan.dryRun.requests.needed == 4 + 3)
            #expect(pbx.requestLog.filter(\.isWrite) == [])

            let text = try await Self.run(["reconcile", "--dry-run", "--locale", "ru"], installation)
            #expect(text.0.first?.hasPrefix("807 85218 2566*101 phone slots 1/16 -> 4/16") == true, "\(text.0)")
            #expect(text.0.last?.hasPrefix("807 requests: needed 7, available ") == true)

            let run = try await Self.run(["reconcile", "--tenant", "807", "--json"], installation)
            #expect(run.1 == 0)
            let lines = try Self.decode(Line.self, run.0)
            #expect(lines.map(\.extensionID) == Self.all)
            #expect(lines.allSatisfy { $0.tenant == "807" && $0.state == "active" && $0.problem == nil })
            #expect(lines.map(\.added.count) == [3, 0, 0, 0])
            #expect(pbx.events(of: Self.phone).count == 4)

            for row in pbx.events(of: Self.phone) { try pbx.removeEvent(row.id) }
            for index in 0..<14 {
                try pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\(index)")
            }
            #expect(try await Self.run(["reconcile", "--dry-run"], installation).1 == 1)
            let full = try await Self.run(["reconcile"], installation)
            #expect(full.1 == 1)
            #expect(
                full.0.first
                    == "807 85218 failed missing: dial-in dial-out answer hangup problem: event_limit_reached"
            )
            #expect(full.0.dropFirst().allSatisfy { $0.hasSuffix(" active") })

            let unknown = try await Self.run(["reconcile", "--tenant", "808"], installation)
            #expect(unknown.1 != 0)
            #expect(unknown.0 == [])
            #expect(pbx.violations == [])
        }
    }

    @Test("a tenant is suspended and removed at the shell: without a server that is said, with one it is done")
    func leaving() async throws {
        try await Installation.with { installation in
            let pbx = installation.pbx.pbx
            try await Self.onboard(installation)
            let foreign = try pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            let early = try await Self.run(["tenant", "suspend", "807", "--wait", "0"], installation)
            #expect(early.1 == 0)
            #expect(early.0.first?.contains("10 event rows on 4 extensions are still to leave the PBX") == true)

            // Nothing is wanted of a suspended tenant, so a run that leaves nothing went well.
            let dry = try await Self.run(["reconcile", "--tenant", "807", "--dry-run", "--json"], installation)
            let steps = try Self.decode(Plan.self, dry.0).flatMap(\.dryRun.plan).flatMap(\.steps)
            #expect(steps.map(\.action) == Array(repeating: "delete", count: 10))
            let run = try await Self.run(["reconcile", "--tenant", "807", "--json"], installation)
            #expect(run.1 == 0)
            #expect(try Self.decode(Line.self, run.0).map(\.state) == Array(repeating: "removed", count: 4))
            #expect(pbx.allEvents == [foreign])
            let late = try await Self.run(["tenant", "suspend", "807"], installation)
            #expect(late.0 == ["suspended 807; no event row of ours is left on the PBX"])

            #expect(try await Self.run(["tenant", "put", "807", "--status", "active"], installation).1 == 0)
            #expect(try await Self.run(["reconcile"], installation).1 == 0)
            #expect(pbx.allEvents.count == 11)

            let preview = try await Self.run(["tenant", "remove", "807", "--dry-run", "--json"], installation)
            let counted = try JSONDecoder().decode(Removal.self, from: Data(preview.0.joined().utf8))
            #expect(counted.status == "active")
            #expect(counted.remaining.count == 10)
            #expect(counted.rows?["mappings"] == 4)
            let begun = try await Self.run(["tenant", "remove", "807", "--wait", "0"], installation)
            #expect(begun.0.contains("removing 807"))
            #expect(pbx.allEvents.count == 11)

            let server = try await installation.startServer()
            let ended = try await Self.run(["tenant", "remove", "807", "--wait", "60"], installation)
            #expect(ended.0 == ["removed 807"])
            #expect(pbx.allEvents == [foreign])
            #expect(try await Self.run(["tenant", "list"], installation).0 == [])
            #expect(await server.program.end() == 0)
            #expect(pbx.violations == [])
        }
    }
}
