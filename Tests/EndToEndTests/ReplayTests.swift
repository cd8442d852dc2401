import Foundation
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

/// The built program's `replay` over many stored flows, beside two running servers.
@Suite("Replay", .serialized, .timeLimit(.minutes(10)))
struct ReplayTests {
    @Test(
        """
        a replay of random flows changes nothing; after a change of settings it puts into the feed exactly what its dry run \
        printed; killed in the middle it goes on, to the same end
        """
    )
    func replay() async throws {
        try await FlowRun.with(flows: 1500) { run in
            try await Self.changesNothing(run)
            try await Self.feedIsAsPrinted(run)
            try await Self.goesOnAfterKill(run)
            #expect(run.servers.loggedErrors == [])
        }
    }

    /// All tenants: no new version, no new place in a feed.
    private static func changesNothing(_ run: FlowRun) async throws {
        let rows = try await run.superuser.storedCalls()
        let lastSeqs = try await run.superuser.lastSeqs()
        let output = try await run.output(of: run.startReplay())
        print("replay of everything: \(output.summary)")
        let live = rows.filter { !$0.isWithdrawn }.count
        let calls = Set(run.plan.webhooks.map { "\($0.event.tenant)/\($0.event.callID)" }).count
        #expect(
            output.summary
                == ReplaySummary(examined: calls, new: 0, changed: 0, withdrawn: 0, unchanged: live, failed: 0)
        )
        #expect(try await run.superuser.storedCalls() == rows)
        #expect(try await run.superuser.lastSeqs() == lastSeqs)
    }

    /// `external_only=false` of the first tenant, by a dry run and in earnest.
    private static func feedIsAsPrinted(_ run: FlowRun) async throws {
        let (tenant, reader) = (run.tenants[0], run.readers[0])
        var settings = tenant.settings
        settings.externalOnly = false
        try await run.put(settings, of: tenant)
        let rows = try await run.superuser.storedCalls()
        let before = reader.copy

        let preview = try await run.output(of: run.startReplay("--tenant", "alpha", "--dry-run"))
        print("dry run with external_only=false: \(preview.summary)")
        #expect(try await run.superuser.storedCalls() == rows)
        #expect(preview.summary.new > 0)
        #expect(preview.summary.new + preview.summary.changed + preview.summary.withdrawn == preview.lines.count)

        let real = try await run.output(of: run.startReplay("--tenant", "alpha"))
        #expect(real.summary == preview.summary)
        try await run.readOn()
        let delivered = reader.copy.entries.dropFirst(before.entries.count).map {
            ReplayLine($0, to: before, tenant: tenant.id)
        }
        #expect(differences(from: Self.counted(preview.lines), to: Self.counted(delivered)) == [])
        // The others' feeds are silent.
        let others = try await run.superuser.storedCalls().filter { $0.place.tenantID != "alpha" }
        #expect(others == rows.filter { $0.place.tenantID != "alpha" })
        try await Self.isAsTheRulesSay(run, with: settings)
    }

    /// Back to `external_only=true`; the replay dies before its last batch.
    private static func goesOnAfterKill(_ run: FlowRun) async throws {
        let tenant = run.tenants[0]
        try await run.put(tenant.settings, of: tenant)
        let preview = try await run.output(of: run.startReplay("--tenant", "alpha", "--dry-run"))
        #expect(preview.summary.withdrawn > 0)

        let holder = try await PostgresConnection.connect(run.database.superuser, logger: Logger(label: "test"))
        _ = try await holder.execute(HoldLastCall(tenantID: "alpha"))
        let killed = try run.startReplay("--tenant", "alpha")
        while try await run.superuser.execute(ReadReplayPositions()).allSatisfy(\.isEmpty) { await Task.yield() }
        await killed.end(SIGKILL)
        _ = try await holder.execute(ReleaseCalls())
        await holder.close()
        let half = try await run.superuser.lastSeqs()

        let rest = try await run.output(of: run.startReplay("--tenant", "alpha"))
        print("killed replay, gone on with: \(rest.summary)")
        #expect(rest.log.contains("going on"))
        // Counted from the beginning, and not all of it by the second run.
        #expect(rest.summary == preview.summary)
        let end = try await run.superuser.lastSeqs()
        let changes = Int64(preview.lines.count)
        #expect((end["alpha"] ?? 0) - (half["alpha"] ?? 0) < changes)
        try await run.readOn()
        try await Self.isAsTheRulesSay(run, with: tenant.settings)
        // A third run finds nothing left to do.
        let again = try await run.output(of: run.startReplay("--tenant", "alpha"))
        #expect(again.summary.unchanged == run.readers[0].copy.calls.count)
        #expect(try await run.superuser.lastSeqs() == end)
    }

    /// Table and feed hold what the pure function makes of all events with these settings of the first tenant.
    private static func isAsTheRulesSay(_ run: FlowRun, with settings: TenantSettings) async throws {
        let first = run.tenants[0].id
        let expected = try run.expectedCalls { $0.id == first ? settings : $0.settings }
        let rows = try await run.superuser.storedCalls().filter { !$0.isWithdrawn }
        #expect(
            differences(
                from: expected,
                to: Dictionary(uniqueKeysWithValues: rows.map { ($0.place, $0.content) })
            ) == []
        )
        for (tenant, reader) in zip(run.tenants, run.readers) {
            let live = rows.filter { $0.place.tenantID == tenant.id.rawValue }.map { ($0.id, $0.content) }
            #expect(reader.copy.breaches == [])
            #expect(differences(from: Dictionary(uniqueKeysWithValues: live), to: reader.copy.calls) == [])
        }
    }

    /// How often each line occurs.
    private static func counted(_ lines: [ReplayLine]) -> [ReplayLine: Int] {
        lines.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
