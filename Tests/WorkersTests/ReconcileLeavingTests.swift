import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Extensions, tokens and tenants that leave: cases R9 to R11 of the edge cases, decisions sections 4 and 8.
@Suite("Reconcile: leaving", .timeLimit(.minutes(5)))
struct ReconcileLeavingTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let four = ["answer", "dial-in", "dial-out", "hangup"]

    private static func remover(_ world: World) -> TenantRemover {
        TenantRemover(database: world.database, listener: world.listener, logger: ReconcilerTests.logger)
    }

    private static func beginRemoval(_ world: World) async throws {
        try await world.database.system { transaction in
            _ = try await transaction.removals.begin(world.scope.tenantID)
        }
    }

    @Test("R9: unmapped while the PBX is down: the rows stay a to-do over restarts until the PBX confirms")
    func unmappedWhileDown() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            _ = world.pbx.pbx.addFault(Fault(.closeConnection, times: nil))
            _ = try await world.map([])
            for _ in 0..<3 {
                try await world.pass(1_000)
                while try await world.process().reconcileDue() > 0 {}
            }
            #expect(world.types(of: Self.phone) == Self.four)
            #expect(try await world.states().map(\.state) == [.pending])
            #expect(try await world.problemCodes() == [.pbxUnreachable])
            world.pbx.pbx.clearFaults()
            try await world.pass(1_000)
            while try await world.process().reconcileDue() > 0 {}
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.states().map(\.state) == [.removed])
            #expect(try await world.problemCodes() == [])
        }
    }

    @Test("R9: a suspended tenant's rows leave the PBX and come back when it is active again; its tokens stay accepted")
    func suspension() async throws {
        try await ReconcilerTests.with { world in
            let foreign = try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            _ = try await world.map([(85_219, "u1"), (96_850, nil)])
            try await world.reconcile()
            let live = try await world.tokens(of: Self.phone).live
            try await world.setStatus(.suspended)
            try await world.reconcile()
            #expect(world.pbx.pbx.allEvents == [foreign])
            #expect(try await world.states().map(\.state) == [.removed, .removed])
            let accepted = try await world.database.system { try await $0.eventTokens.owners().count }
            #expect(accepted == 2)
            // Nor does a drift check bring them back.
            try await world.pass(30_000)
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(world.pbx.pbx.allEvents == [foreign])
            try await world.setStatus(.active)
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(try await world.rightTypes(of: 96_850) == ["hangup"])
            #expect(try await world.tokens(of: Self.phone).live == live)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R9: a tenant removed while the PBX is down goes when the PBX has confirmed its last row, not before")
    func removedWhileDown() async throws {
        try await ReconcilerTests.with { world in
            let foreign = try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/")
            let sibling = try await world.tenant("808")
            _ = try await world.map([(85_220, "u1")], of: sibling)
            _ = try await world.map([(85_219, "u1"), (96_850, nil)])
            try await world.reconcile()
            // Unmapped just before: its rows must go as well.
            _ = world.pbx.pbx.addFault(Fault(.closeConnection, times: nil))
            _ = try await world.map([(85_219, "u1")])
            try await Self.beginRemoval(world)
            try await world.reconcile()
            #expect(try await Self.remover(world).removeConfirmed() == 0)
            let progress = try await world.database.system { try await $0.removals.progress(of: world.scope.tenantID) }
            #expect(progress.rows.count == 5)
            #expect(progress.extensions.map(\.id.rawValue) == [85_219, 96_850])
            #expect(progress.extensions.map(\.problem?.code) == [.pbxUnreachable, .pbxUnreachable])
            let accepted = try await world.database.system { try await $0.eventTokens.owners() }
            #expect(Set(accepted.values.map(\.scope)) == [sibling], "tokens of a tenant being removed answer 404")

            world.pbx.pbx.clearFaults()
            try await world.pass(1_000)
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == [foreign])
            #expect(world.types(of: 96_850) == [])
            #expect(try await Self.remover(world).removeConfirmed() == 1)
            let left = try await world.database.system { try await $0.tenants.find(world.scope.tenantID) }
            #expect(left == nil)
            #expect(world.types(of: 85_220) == Self.four)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R10: credentials revoked while a tenant is being removed: it stays, and says what is in the way")
    func removedWithRevokedCredentials() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try world.pbx.pbx.removeApplication(appID: "app", clientID: SimulatedPBX.standardClientID)
            try await Self.beginRemoval(world)
            for _ in 0..<3 {
                try await world.reconcile()
                #expect(try await Self.remover(world).removeConfirmed() == 0)
                try await world.pass(1_000)
            }
            let progress = try await world.database.system { try await $0.removals.progress(of: world.scope.tenantID) }
            #expect(progress.extensions.map(\.problem?.code) == [.credentialsRejected])
            #expect(world.types(of: Self.phone) == Self.four)
            // By force the data goes, the rows stay.
            #expect(try await world.database.eraseTenant(world.scope.tenantID))
            #expect(world.types(of: Self.phone) == Self.four)
        }
    }

    @Test(
        "R10: an extension that is gone from the PBX: unmapped it is done, mapped it is said to be gone, and back it is served"
    )
    func extensionGone() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1"), (85_220, "u1")])
            try await world.reconcile()
            let back = try #require(
                world.pbx.pbx.extensions(of: SimulatedPBX.standardClientID).first { $0.id == Self.phone }
            )
            try world.pbx.pbx.removeExtension(Self.phone)
            try world.pbx.pbx.removeExtension(85_220)
            _ = try await world.map([(85_219, "u1")])
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.states().map(\.state) == [.failed, .removed])
            #expect(try await world.problemCodes() == [.extensionGone])
            try world.pbx.pbx.addExtension(back)
            try await world.pass(21_601)
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test(
        "R10: a token that the PBX has forgotten is renewed once; rights that lack are a problem that closes by itself"
    )
    func rights() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            world.pbx.pbx.expireTokens(clientID: SimulatedPBX.standardClientID)
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            let fault = world.pbx.pbx.addFault(Fault(Fault.accessDenied, resource: .events, times: nil))
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.problemCodes() == [.accessDenied])
            #expect(world.pbx.pbx.requestsMet(byFault: fault) == 1, "not tried again and again")
            world.pbx.pbx.clearFaults()
            try await world.pass(21_601)
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(try await world.problemCodes() == [])
            #expect(try await world.states().map(\.state) == [.active])
        }
    }

    @Test("R11: a DELETE that answers 404, and a POST that timed out after it was done")
    func unknownOutcomes() async throws {
        try await ReconcilerTests.with { world in
            _ = world.pbx.pbx.addFault(Fault(.performThenClose, method: "POST", resource: .events, times: 2))
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.events(of: Self.phone).count == 4)
            _ = world.pbx.pbx.addFault(Fault(.performThenClose, method: "DELETE", resource: .event, times: 2))
            _ = try await world.map([])
            for _ in 0..<4 {
                try await world.reconcile()
                try await world.pass(1_000)
            }
            #expect(world.types(of: Self.phone) == [])
            #expect(try await world.states().map(\.state) == [.removed])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("a retired token is accepted until the PBX has no row with it and a day longer")
    func lifeOfATokens() async throws {
        try await ReconcilerTests.with { world in
            func accepted() async throws -> Int {
                try await world.reconciler.keepHouse()
                return try await world.database.system { try await $0.eventTokens.owners().count }
            }
            let day = 86_400
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            _ = world.pbx.pbx.addFault(Fault(.closeConnection, method: "PUT", times: nil))
            _ = try await world.rotate(Self.phone)
            try await world.reconcile()
            // The PBX still has rows with it, however long.
            try await world.pass(3 * day)
            #expect(try await accepted() == 2)
            world.pbx.pbx.clearFaults()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            try await world.pass(day - 60)
            #expect(try await accepted() == 2)
            try await world.pass(120)
            #expect(try await accepted() == 1)
            // The same of a removed mapping; its live token never goes while it is mapped.
            _ = try await world.map([])
            try await world.reconcile()
            try await world.pass(day - 60)
            #expect(try await accepted() == 1)
            try await world.pass(120)
            #expect(try await accepted() == 0)
        }
    }
}
