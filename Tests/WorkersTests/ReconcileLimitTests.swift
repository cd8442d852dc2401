import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// The event limit of an extension: case R7 of the edge cases.
@Suite("Reconcile: event limit", .timeLimit(.minutes(5)))
struct ReconcileLimitTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let four = ["answer", "dial-in", "dial-out", "hangup"]

    private static func addForeign(_ count: Int, _ world: World) throws -> [SimulatedEvent] {
        try (0..<count).map {
            try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\($0)")
        }
    }

    @Test(
        "R7: full with others' rows: terminal until something changes, then converged by retry now",
        arguments: [13, 16]
    )
    func full(foreign: Int) async throws {
        try await ReconcilerTests.with { world in
            let rows = try Self.addForeign(foreign, world)
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == rows)
            #expect(try await world.problemCodes() == [.eventLimitReached])
            world.pbx.pbx.clearRequestLog()
            try await world.pass(3_600)
            try await world.reconcile()
            #expect(world.pbx.pbx.requestLog == [])
            for row in rows.prefix(foreign - 12) { try world.pbx.pbx.removeEvent(row.id) }
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R7: our own stale rows hold the slots: they are freed first")
    func staleRowsFirst() async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            _ = try Self.addForeign(12, world)
            let url = try await world.url(of: Self.phone)
            for row in world.pbx.pbx.events(of: Self.phone) where row.owner != .foreign {
                try world.pbx.pbx.removeEvent(row.id)
                _ = try world.pbx.pbx.addEvent(
                    extensionID: Self.phone,
                    url: url,
                    eventType: "voicemail",
                    owner: .application("app")
                )
            }
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.events(of: Self.phone).count == 16)
            #expect(try await world.problemCodes() == [])
        }
    }

    @Test("R7: what was there before stays when one of four was lost and its slot with it")
    func partialOfBefore() async throws {
        try await ReconcilerTests.with { world in
            _ = try Self.addForeign(12, world)
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let lost = try #require(world.pbx.pbx.events(of: Self.phone).first { $0.eventType == "answer" })
            try world.pbx.pbx.removeEvent(lost.id)
            try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://other.example.com/")
            try await world.requestAll()
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == ["dial-in", "dial-out", "hangup"])
            #expect(try await world.states().first?.missing == ["answer"])
            #expect(try await world.problemCodes() == [.eventLimitReached])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test(
        "R7: a limit met in mid-run, and the taking back fails too: the next run leaves nothing half",
        arguments: [Fault.internalError, .closeConnection, .rateLimited(resetSeconds: 60), .performThenClose]
    )
    func failedTakeBack(action: Fault.Action) async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            let foreign = try Self.addForeign(4, world)
            _ = world.pbx.pbx.addFault(Fault(action, method: "DELETE", resource: .event, times: 1))
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            try await world.pass(3_600)
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == foreign)
            #expect(try await world.problemCodes() == [.eventLimitReached])
            #expect(try await world.states().first?.added == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R7: the limit was taken one too low when another's row went between the refusal and the list")
    func foreignRowGoesAfterRefusal() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            _ = try Self.addForeign(3, world)
            _ = world.pbx.pbx.addFault(
                Fault(.removeForeignRows(1), method: "GET", resource: .events, extensionID: Self.phone, skip: 1)
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(try await world.rightTypes(of: Self.phone) == Self.four)
            #expect(world.pbx.pbx.events(of: Self.phone).count == 6)
            #expect(try await world.problemCodes() == [])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R7: another's row that goes before the refusal makes the limit one too high at most until the next refusal")
    func foreignRowsBeforeRefusal() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            _ = try Self.addForeign(5, world)
            _ = world.pbx.pbx.addFault(
                Fault(.removeForeignRows(1), method: "POST", resource: .events, extensionID: Self.phone)
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).allSatisfy { $0.owner == .foreign })
            #expect(world.pbx.pbx.events(of: Self.phone).count == 4)
            #expect(try await world.problemCodes() == [.eventLimitReached])
            // Four would fit into the seven that are believed, not into the six there are.
            try world.pbx.pbx.removeEvent(try #require(world.pbx.pbx.events(of: Self.phone).first).id)
            try await world.pass(21_601)
            try await world.reconciler.keepHouse()
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).allSatisfy { $0.owner == .foreign })
            #expect(try await world.states().first?.slots?.limit == 6)
            #expect(try await world.problemCodes() == [.eventLimitReached])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("R7: the list after the refusal fails: the next run leaves nothing half")
    func failedListAfterRefusal() async throws {
        try await ReconcilerTests.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            let foreign = try Self.addForeign(4, world)
            _ = world.pbx.pbx.addFault(
                Fault(Fault.html, method: "GET", resource: .events, extensionID: Self.phone, skip: 1, times: 1)
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).count == 6, "the fault was met")
            try await world.pass(3_600)
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone) == foreign)
            #expect(try await world.problemCodes() == [.eventLimitReached])
            #expect(world.pbx.pbx.violations == [])
        }
    }
}
