import RingmeSimulator
import Storage
import TestSupport
import Testing

@testable import Workers

/// What counts as the PBX's word that a row of ours is gone.
@Suite("Reconcile: confirmation", .timeLimit(.minutes(5)))
struct ReconcileConfirmationTests {
    @Test("R9: a page of a proxy in front of the PBX does not confirm that a row is gone", arguments: [200, 404])
    func page(status: Int) async throws {
        try await ReconcilerTests.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            let page = Fault.Action.answer(status: status, body: "<html>Sorry</html>", contentType: "text/html")
            _ = world.pbx.pbx.addFault(Fault(page, method: "DELETE", resource: .event, skip: 1))
            _ = try await world.map([])
            for _ in 0..<3 {
                try await world.reconcile()
                try await world.pass(1_000)
            }
            #expect(world.pbx.pbx.allEvents == [])
            #expect(try await world.states().map(\.state) == [.removed])
        }
    }
}
