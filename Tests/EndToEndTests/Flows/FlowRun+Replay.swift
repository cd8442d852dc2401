import Foundation
import Postgres
import Storage
import Telephony
import TestSupport

/// How far the open replays are.
struct ReadReplayPositions: Statement {
    static let sql: StaticString = "SELECT position FROM replays WHERE finished_at IS NULL"

    static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
}

/// Holds the last CallID of a tenant, as another assembler that is busy with it would; until the session lets go.
struct HoldLastCall: Statement {
    static let sql: StaticString = """
        SELECT pg_advisory_lock(hashtextextended($1 || '/' || max(call_id), 0))::text FROM events WHERE tenant_id = $1
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
}

/// Lets go of what ``HoldLastCall`` holds.
struct ReleaseCalls: Statement {
    static let sql: StaticString = "SELECT pg_advisory_unlock_all()::text"
}

extension FlowRun {
    /// What a replay printed.
    struct ReplayOutput {
        var lines: [ReplayLine]
        var summary: ReplaySummary
        /// What it told on standard error.
        var log: String
    }

    /// Starts `ringbridge replay --json`.
    func startReplay(_ arguments: String...) throws -> BuiltProgram {
        try BuiltProgram(
            "ringbridge",
            ["replay", "--json"] + arguments,
            environment: ServerPair.environment(on: self.database)
        )
    }

    /// Waits for the end of a replay.
    ///
    /// - Throws: when its exit code is not 0 or its output not what it should be.
    func output(of replay: BuiltProgram) async throws -> ReplayOutput {
        struct LastLine: Decodable { var summary: ReplaySummary }
        let lines = await replay.remainingLines()
        let status = await replay.exitStatus()
        guard status == 0, let last = lines.last else {
            throw BuiltProgram.Failure(description: "replay ended with \(status): \(replay.log.suffix(2000))")
        }
        let decoder = JSONDecoder()
        return ReplayOutput(
            lines: try lines.dropLast().map { try decoder.decode(ReplayLine.self, from: Data($0.utf8)) },
            summary: try decoder.decode(LastLine.self, from: Data(last.utf8)).summary,
            log: replay.log
        )
    }

    /// Changes the settings of a tenant as an operator does.
    func put(_ settings: TenantSettings, of tenant: FlowTenant) async throws {
        _ = try await TenantFixture.make(tenant.id.rawValue, in: self.database.database, settings: settings)
    }

    /// Lets every reader read on to the last entry.
    func readOn() async throws {
        let ends = try await self.superuser.lastSeqs()
        for (tenant, reader) in zip(self.tenants, self.readers) {
            reader.finish(at: ends[tenant.id.rawValue] ?? 0)
            try await reader.follow()
        }
    }
}
