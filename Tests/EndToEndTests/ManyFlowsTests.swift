import Foundation
import Postgres
import Telephony
import TestSupport
import Testing

/// Many calls at once: what comes out of two servers is what the rules say of all that went in.
@Suite("Many flows", .serialized, .timeLimit(.minutes(10)))
struct ManyFlowsTests {
    @Test(
        """
        20 connections deliver random flows of 3 tenants, shuffled and repeated, to two servers on one database: the records \
        are the pure function's over all events, and a reader of the feed holds the same
        """
    )
    func recordsAndFeed() async throws {
        try await FlowRun.with(flows: 1500) { run in
            let rows = try await run.superuser.storedCalls()
            let events = try #require(try await run.superuser.execute(CountEvents()).first)
            let expected = try run.expectedCalls()
            Self.report(run, rows: rows, events: events)

            // Nothing was lost or put aside, and both servers died in the middle of the work.
            #expect(events.stored >= Int64(run.plan.webhooks.count))
            #expect(events.quarantined == 0)
            #expect(run.senders.repeated > 0)
            #expect(run.servers.loggedErrors == [])

            let stored = Dictionary(
                uniqueKeysWithValues: rows.filter { !$0.isWithdrawn }.map { ($0.place, $0.content) }
            )
            #expect(differences(from: expected, to: stored) == [])

            let lastSeqs = try await run.superuser.lastSeqs()
            for (tenant, reader) in zip(run.tenants, run.readers) {
                let rows = rows.filter { $0.place.tenantID == tenant.id.rawValue }
                let copy = reader.copy
                #expect(copy.breaches == [])
                #expect(copy.seq == lastSeqs[tenant.id.rawValue])
                // The last entry of each record, also of the withdrawn ones, with its seq and version.
                let entries = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, FeedEntry($0)) })
                #expect(differences(from: entries, to: copy.latest) == [])
                // What the reader holds, by itself.
                let live = Dictionary(uniqueKeysWithValues: rows.filter { !$0.isWithdrawn }.map { ($0.id, $0.content) })
                #expect(differences(from: live, to: copy.calls) == [])
            }

            // The flows were worth it: corrections and withdrawals reached the readers while they read.
            #expect(rows.contains { $0.version > 1 && !$0.isWithdrawn })
            #expect(run.readers.allSatisfy { $0.copy.entries.count > $0.copy.latest.count })
            #expect(run.readers.contains { $0.copy.entries.contains { $0.op == .delete } })
            let shared = Dictionary(grouping: rows.map(\.place), by: \.callID).filter {
                Set($0.value.map(\.tenantID)).count > 1
            }
            #expect(!shared.isEmpty && run.plan.sharedCallIDs.isSuperset(of: shared.keys))
        }
    }

    private static func report(_ run: FlowRun, rows: [StoredCallRow], events: (stored: Int64, quarantined: Int64)) {
        let entries = run.readers.map(\.copy.entries.count).reduce(0, +)
        print(
            """
            \(run.plan.first.count) + \(run.plan.later.count) webhooks, \(run.senders.repeated) sent again, \
            \(events.stored) events stored; \(rows.count) records, \(rows.filter(\.isWithdrawn).count) withdrawn, \
            \(rows.filter { $0.version > 1 }.count) corrected; \(entries) feed entries read
            """
        )
    }
}
