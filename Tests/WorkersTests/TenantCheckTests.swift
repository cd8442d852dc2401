import FoundationEssentials
import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// The self-test of a tenant. The event end to end is tested with a whole installation.
@Suite("Self-test of a tenant", .timeLimit(.minutes(5)))
struct TenantCheckTests {
    private typealias World = ReconcilerTests.World

    private static func outcomes(
        _ world: World,
        publicURL: String = ReconcilerTests.publicURL
    ) async throws -> [CheckFinding.Check: CheckFinding.Outcome] {
        let findings = try await world.checker(publicURL: publicURL).check(world.scope, id: UUID())
        #expect(findings.map(\.check) == CheckFinding.Check.allCases)
        return Dictionary(findings.map { ($0.check, $0.outcome) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("a PBX in order is good in all its parts; a public URL that nobody answers is said to be so")
    func good() async throws {
        try await ReconcilerTests.with { world in
            let findings = try await world.checker(publicURL: ReconcilerTests.publicURL).check(world.scope, id: UUID())
            let pbx = findings.filter { ![.publicURL, .syntheticEvent].contains($0.check) }
            #expect(pbx.count == 6)
            #expect(pbx.allSatisfy { $0.isGood }, "\(pbx)")
            #expect(pbx[1].client == String(SimulatedPBX.standardClientID))
            #expect(pbx[2].numbers["phone"] == 3)
            #expect(pbx[4].numbers["limit"] == 16)
            #expect(pbx[5].numbers["limit"] == 1000)
            #expect(findings[6].outcome == .unreachable)
            #expect(findings[7].outcome == .nothingMapped)
            #expect(world.pbx.pbx.requestLog.filter(\.isWrite).isEmpty)
            // Something answers there, but it is not us.
            #expect(try await Self.outcomes(world, publicURL: world.pbx.url)[.publicURL] == .foreign)
            _ = try await world.map([(85_219, "u1")])
            #expect(try await Self.outcomes(world)[.syntheticEvent] == .refused)
        }
    }

    @Test("each part names its own trouble, and the others are tested all the same")
    func troubles() async throws {
        try await ReconcilerTests.with { world in
            let pbx = world.pbx.pbx
            _ = pbx.addFault(Fault(Fault.accessDenied, method: "GET", resource: .events))
            let denied = try await world.checker(publicURL: ReconcilerTests.publicURL).check(world.scope, id: UUID())
            #expect(denied[3].outcome == .pbxTrouble)
            #expect(denied[3].trouble?.problem.code == .accessDenied)
            #expect(denied[2].isGood)
            #expect(denied[5].isGood)
            pbx.clearFaults()

            for index in 0..<14 {
                try pbx.addForeignEvent(extensionID: 85_218, url: "https://crm.example.com/\(index)")
            }
            #expect(try await Self.outcomes(world)[.limit] == .noRoom)
            try await world.script("UPDATE pbx_budgets SET remaining = 190")
            #expect(try await Self.outcomes(world)[.budget] == .usedUp)

            try pbx.removeApplication(appID: "app", clientID: SimulatedPBX.standardClientID)
            pbx.expireTokens(clientID: SimulatedPBX.standardClientID)
            let revoked = try await world.checker(publicURL: ReconcilerTests.publicURL).check(world.scope, id: UUID())
            #expect(revoked.prefix(6).allSatisfy { $0.trouble?.problem.code == .credentialsRejected })
            #expect(revoked[6].trouble == nil)
        }
    }
}
