import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// What once went wrong, or would have: runs that meet trouble.
@Suite("Reconcile in trouble", .timeLimit(.minutes(5)))
struct ReconcileTroubleTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let ivr = 96_850

    @Test("an IVR that one listing missed is not taken for a phone")
    func lostDirectoryRow() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(96_850, nil)])
            try await world.reconcile()
            try await Self.list(TenantFixture.extensions.filter { $0.id.rawValue != 96_850 }, world)
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.types(of: Self.ivr) == ["hangup"])
            #expect(try await world.states().map(\.state) == [.active])
        }
    }

    @Test("a mapped extension that no listing ever had is said to be gone, and gets nothing")
    func neverListed() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(4_711, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.allEvents.isEmpty)
            #expect(try await world.states().map(\.state) == [.failed])
            #expect(try await world.problems().map(\.problem.code) == [.extensionGone])
        }
    }

    @Test("a phone that became an IVR loses what an IVR has not, and is a phone again later, by the directory alone")
    func typeChange() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try await Self.list(Self.listing(ofPhoneAs: ExtensionType(rawValue: "ivr")), world)
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == ["hangup"])
            try await Self.list(Self.listing(ofPhoneAs: ExtensionType(rawValue: "fax")), world)
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.problems().map(\.problem.code) == [.eventTypeRefused])
            try await Self.list(TenantFixture.extensions, world)
            try await world.reconcile()
            #expect(world.types(of: Self.phone).count == 4)
            #expect(try await world.problems().isEmpty)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("rows of an unmapped extension stay to be removed while the credentials are rejected")
    func removalWithRejectedCredentials() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try world.pbx.pbx.removeApplication(appID: "app", clientID: SimulatedPBX.standardClientID)
            world.pbx.pbx.expireTokens(clientID: SimulatedPBX.standardClientID)
            _ = try await world.map([])
            try await world.reconcile()
            #expect(world.types(of: Self.phone).count == 4)
            #expect(try await world.states().map(\.state) == [.failed])
            try world.pbx.pbx.addApplication(
                appID: "app",
                appSecret: "secret",
                clientID: SimulatedPBX.standardClientID
            )
            _ = try await TenantFixture.make("807", in: world.database, pbxURL: world.pbx.url)
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.states().map(\.state) == [.removed])
            #expect(try await world.problems().isEmpty)
        }
    }

    @Test("a row whose POST timed out is taken back too when the PBX refuses the rest")
    func refusalAfterUnknownOutcome() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            for index in 0..<4 {
                try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\(index)")
            }
            _ = world.pbx.pbx.addFault(Fault(.performThenClose, method: "POST", resource: .events, times: 1))
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).map(\.owner) == Array(repeating: .foreign, count: 4))
            #expect(try await world.problems().map(\.problem.code) == [.eventLimitReached])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("three of a phone's four stayed when rights ended before the fourth: they are taken back")
    func deniedHalfWay() async throws {
        try await ReconcilerTests.with { world in
            _ = world.pbx.pbx.addFault(
                Fault(Fault.accessDenied, method: "POST", resource: .events, skip: 3, times: nil)
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.states().first?.state == .failed)
            #expect(try await world.states().first?.added == [])
            #expect(try await world.problemCodes() == [.accessDenied])
            world.pbx.pbx.clearFaults()
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone).count == 4)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("what was added before rights ended and may not be taken back either goes with the next run")
    func deniedTakeBack() async throws {
        try await ReconcilerTests.with { world in
            let kept = try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            _ = world.pbx.pbx.addFault(Fault(Fault.accessDenied, method: "DELETE", resource: .event, times: 1))
            _ = world.pbx.pbx.addFault(
                Fault(Fault.accessDenied, method: "POST", resource: .events, skip: 2, times: nil)
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).count == 3)
            #expect(try await world.problemCodes() == [.accessDenied])
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == [kept])
            #expect(try await world.problemCodes() == [.accessDenied])
        }
    }

    @Test("a look that nobody waits for and that fails says nothing about what works")
    func failedDriftCheck() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try await world.database.system { transaction in
                _ = try await transaction.reconcileClaims.requestDriftChecks(olderThanSeconds: -1)
            }
            _ = world.pbx.pbx.addFault(Fault(Fault.internalError, method: "GET", resource: .events, times: 1))
            try await world.reconcile()
            #expect(try await world.states().map(\.state) == [.active])
            #expect(try await world.problems().isEmpty)
        }
    }

    @Test("a budget whose reset is not said starts again within the hour, and a nearly used one asks to wait")
    func unknownReset() async throws {
        try await TestDatabase.with { test in
            let owner = PBXBudgetOwner(pbxURL: "u", pbxClient: "c")
            try await test.database.system { transaction in
                _ = try await transaction.recordBudget(PBXBudgetNews(limit: 1000, remaining: 10), of: owner)
            }
            let budget = try #require(try await test.database.system { try await $0.budget(of: owner) })
            #expect(budget.blockedSeconds == 0)
            let reset = try #require(budget.resetSeconds)
            #expect((3500...3600).contains(reset))
            #expect(BudgetRule.decide(budget, isInteractive: true) == .wait(seconds: reset))
        }
    }

    @Test("the reserve is larger for what nobody waits for")
    func reserve() {
        func budget(_ remaining: Int) -> PBXBudget {
            PBXBudget(limit: 1000, remaining: remaining, blockedSeconds: 0, resetSeconds: 600)
        }
        #expect(BudgetRule.decide(nil, isInteractive: false) == .go)
        #expect(BudgetRule.decide(budget(201), isInteractive: false) == .go)
        #expect(BudgetRule.decide(budget(200), isInteractive: false) == .wait(seconds: 600))
        #expect(BudgetRule.decide(budget(200), isInteractive: true) == .go)
        #expect(BudgetRule.decide(budget(50), isInteractive: true) == .wait(seconds: 600))
        var blocked = budget(900)
        blocked.blockedSeconds = 17
        #expect(BudgetRule.decide(blocked, isInteractive: true) == .wait(seconds: 17))
    }

    private static func list(_ listing: [ListedExtension], _ world: World) async throws {
        try await world.database.tenant(world.scope) { try await $0.directory.requestSync() }
        try await TenantFixture.list(listing, of: world.scope, in: world.database)
    }

    private static func listing(ofPhoneAs type: ExtensionType) -> [ListedExtension] {
        TenantFixture.extensions.map { listed in
            var changed = listed
            if changed.id.rawValue == 85_219 { changed.type = type }
            return changed
        }
    }
}
