import Telephony
import Testing

@testable import Storage
@testable import WebAPI

@Suite("Reconcile report")
struct ReconcileReportTests {
    private static func report(
        _ mapped: [Int64],
        _ states: [(Int64, SubscriptionState.State, Int64)],
        tickets: [(Int64, Int64)] = [],
        isSuspended: Bool = false
    ) -> ReconcileReport {
        ReconcileReport(
            mappings: mapped.map { Mapping(extensionID: ExtensionID(rawValue: $0), userID: nil) },
            isSuspended: isSuspended,
            tickets: tickets.map { ReconcileTicket(extensionID: ExtensionID(rawValue: $0.0), generation: $0.1) },
            states: states.map {
                SubscriptionState(extensionID: ExtensionID(rawValue: $0.0), state: $0.1, generation: $0.2)
            },
            directory: [],
            problems: []
        )
    }

    @Test(
        "the status says how many wanted extensions became active",
        arguments: [
            ([], [], [], .converged),
            ([1, 2], [(1, .active, 5), (2, .active, 6)], [(1, 5)], .converged),
            ([1, 2], [(1, .active, 5), (2, .failed, 6)], [], .partial),
            ([1, 2], [(1, .failed, 5), (2, .failed, 6)], [], .failed),
            ([1, 2], [(1, .active, 5)], [], .pending),
            ([1], [(1, .active, 5)], [(1, 6)], .pending),
            ([1], [(1, .removed, 5)], [], .pending),
            ([], [(1, .removed, 5)], [(1, 5)], .converged),
            ([], [(1, .active, 5)], [], .pending),
            ([], [(1, .failed, 5)], [], .failed),
            ([2], [(1, .failed, 5), (2, .active, 5)], [], .partial),
            ([2], [(1, .pending, 5), (2, .active, 5)], [], .pending),
        ] as [([Int64], [(Int64, SubscriptionState.State, Int64)], [(Int64, Int64)], ReconcileReport.Status)]
    )
    func status(
        mapped: [Int64],
        states: [(Int64, SubscriptionState.State, Int64)],
        tickets: [(Int64, Int64)],
        expected: ReconcileReport.Status
    ) {
        #expect(Self.report(mapped, states, tickets: tickets).status == expected)
    }

    @Test(
        "extensions of a suspended tenant were pending for ever: without rows of ours they are as wanted",
        arguments: [
            ([(1, .removed, 5), (2, .removed, 6)], .converged, [.removed, .removed]),
            ([(1, .removed, 5), (2, .active, 6)], .pending, [.removed, .pending]),
            ([(1, .removed, 5), (2, .failed, 6)], .failed, [.removed, .failed]),
            ([(1, .removed, 5)], .pending, [.removed, .pending]),
        ] as [([(Int64, SubscriptionState.State, Int64)], ReconcileReport.Status, [ReconcileReport.State])]
    )
    func suspended(
        states: [(Int64, SubscriptionState.State, Int64)],
        status: ReconcileReport.Status,
        shown: [ReconcileReport.State]
    ) {
        let report = Self.report([1, 2], states, isSuspended: true)
        #expect(report.status == status)
        #expect(report.entries.map(\.state) == shown)
    }

    @Test("an extension that was removed and is not asked about is not shown")
    func removed() {
        #expect(Self.report([1], [(1, .active, 1), (2, .removed, 1)]).entries.map(\.extensionID.rawValue) == [1])
    }

    @Test("a write tells what its own runs changed; a look tells each extension's last run")
    func changes() {
        func added(_ tickets: [ReconcileTicket]?) -> [[String]] {
            ReconcileReport(
                mappings: [1, 2].map { Mapping(extensionID: ExtensionID(rawValue: $0), userID: nil) },
                tickets: tickets,
                states: [1, 2].map {
                    SubscriptionState(
                        extensionID: ExtensionID(rawValue: $0),
                        state: .active,
                        generation: 5,
                        added: ["hangup"]
                    )
                },
                directory: [],
                problems: []
            ).entries.map(\.added)
        }
        #expect(added(nil) == [["hangup"], ["hangup"]])
        #expect(added([]) == [[], []])
        #expect(added([ReconcileTicket(extensionID: ExtensionID(rawValue: 2), generation: 5)]) == [[], ["hangup"]])
    }
}
