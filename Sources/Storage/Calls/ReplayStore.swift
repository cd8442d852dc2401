import FoundationEssentials
import Postgres
package import Telephony

/// Which CallIDs of a tenant a replay goes through.
package struct ReplayRange: Hashable, Sendable {
    /// Only this one; nil: all of them.
    package var callID: CallID?
    /// Those with an event that arrived at this instant or later; nil: from the first event on.
    package var since: Timestamp?
    /// Those with an event that arrived before this instant; nil: to the last event.
    package var until: Timestamp?

    package init(callID: CallID? = nil, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.callID = callID
        self.since = since
        self.until = until
    }
}

/// What a replay found.
package struct ReplayTally: Hashable, Sendable {
    /// CallIDs.
    package var examined = 0
    /// Records that were not there, or had been withdrawn.
    package var added = 0
    /// Records with other content.
    package var changed = 0
    /// Records that are no longer justified.
    package var withdrawn = 0
    /// Records that stay as they are.
    package var unchanged = 0
    /// CallIDs that could not be written.
    package var failed = 0

    package init() {}

    /// Counts one CallID.
    package mutating func count(_ differences: [CallDifference], of material: AssemblyMaterial) {
        let changed = differences.count { $0.kind == .changed }
        let withdrawn = differences.count { $0.kind == .withdrawn }
        self.added += differences.count - changed - withdrawn
        self.changed += changed
        self.withdrawn += withdrawn
        self.unchanged += material.stored.count { !$0.isWithdrawn } - changed - withdrawn
    }

    package static func += (left: inout ReplayTally, right: ReplayTally) {
        left.examined += right.examined
        left.added += right.added
        left.changed += right.changed
        left.withdrawn += right.withdrawn
        left.unchanged += right.unchanged
        left.failed += right.failed
    }
}

/// A replay under way, as far as it is committed.
package struct ReplayRun: Sendable {
    /// The tenant.
    package let scope: TenantScope
    /// The CallIDs that it goes through.
    package let range: ReplayRange
    let id: UUID
    /// When it was begun, perhaps by a process that was interrupted.
    package let startedAt: Timestamp
    /// CallIDs up to this one are done; empty at the beginning.
    package var position: String
    /// Of all its batches so far.
    package var tally: ReplayTally
    /// Whether no CallID is left.
    package var isFinished = false
}

/// Why a replay stops.
package enum ReplayFailure: Error, Hashable, CustomStringConvertible {
    /// Another process replays this tenant.
    case alreadyRunning(TenantID)

    package var description: String {
        switch self {
        case .alreadyRunning(let tenant):
            "another process is replaying the tenant \"\(tenant)\"; wait for its end and run this again"
        }
    }
}

extension SystemTransaction {
    /// The replays and their places.
    package var replays: ReplayStore { ReplayStore(postgres: self.postgres) }
}

/// Keeps how far replays are. A batch advances the replay in the transaction that writes its records.
package struct ReplayStore: Sendable {
    let postgres: PostgresTransaction

    /// Takes the tenant's right to replay for the time of this transaction.
    ///
    /// - Throws: ``ReplayFailure`` when another process has it.
    package func reserve(_ scope: TenantScope) async throws {
        guard try await self.postgres.first(LockReplays(tenantID: scope.tenantID)) ?? false else {
            throw ReplayFailure.alreadyRunning(scope.tenantID)
        }
    }

    /// Finds the replay over this range that was interrupted, or begins one. It begins anew as well when the rules or the
    /// tenant have changed since, or `anew` asks for it.
    package func begin(_ scope: TenantScope, over range: ReplayRange, anew: Bool) async throws -> ReplayRun? {
        _ = try await self.postgres.execute(AbandonReplays(tenantID: scope.tenantID, range: range, all: anew))
        return try await self.postgres.first(BeginReplay(scope: scope, range: range))
    }

    /// The next CallIDs of the range after the place of the replay.
    package func callIDs(after run: ReplayRun, limit: Int) async throws -> [CallKey] {
        try await ReplayCallIDs(scope: run.scope, range: run.range, position: run.position, limit: limit)
            .execute(in: self.postgres)
    }

    /// Moves the replay from one place to the next.
    ///
    /// - Throws: ``ReplayFailure`` when it is no longer where it was: another process has gone on with it.
    package func advance(from old: ReplayRun, to new: ReplayRun) async throws {
        guard try await self.postgres.affectedRows(AdvanceReplay(old: old, new: new)) == 1 else {
            throw ReplayFailure.alreadyRunning(old.scope.tenantID)
        }
    }
}

extension TenantTransaction {
    /// The material of the next CallIDs of a range after `position`, in their order, the last of them, which is nil when
    /// none is left, and the database's instant.
    package func replayMaterials(
        _ range: ReplayRange,
        after position: String,
        limit: Int
    ) async throws -> (materials: [AssemblyMaterial], examined: Int, position: String?, now: Timestamp) {
        let keys = try await ReplayCallIDs(scope: self.scope, range: range, position: position, limit: limit)
            .execute(in: self.postgres)
        let now = try await self.postgres.first(ReadClock()) ?? Timestamp(microseconds: 0)
        guard let last = keys.last else { return ([], 0, nil, now) }
        let materials = try await AssemblyStore(postgres: self.postgres).load(AssemblyClaim(keys: keys, now: now))
        return (materials, keys.count, last.callID.rawValue, now)
    }
}
