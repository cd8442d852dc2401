package import Storage
package import Telephony

/// Assembles stored events again, CallID by CallID in their order, by the same way as the ``Assembler``: after a change of
/// rules or settings, or for a preview of one. Records that come out as they are stay untouched.
///
/// Each batch is one transaction that also moves the replay's place; interrupted anywhere, the same replay goes on there.
package struct Replay: Sendable {
    /// What a replay tells while it runs.
    package enum News: Sendable {
        /// It begins, or goes on where it was interrupted.
        case began(ReplayRun)
        /// A batch is committed.
        case advanced(ReplayRun)
        /// A CallID could not be written and is passed over; its records stay as they are.
        case failed(CallID, StorageError)
    }

    private let database: Database
    private let defaults: AssemblyDefaults
    private let batchSize: Int

    /// `defaults`: for what the tenants leave to the server.
    /// `batchSize`: CallIDs a transaction.
    package init(database: Database, defaults: AssemblyDefaults, batchSize: Int = 300) {
        self.database = database
        self.defaults = defaults
        self.batchSize = max(batchSize, 1)
    }

    /// Replays a range of a tenant's CallIDs.
    ///
    /// - Parameters:
    ///   - scope: the tenant.
    ///   - range: which CallIDs.
    ///   - anew: begins at the first CallID even when an earlier run was interrupted.
    ///   - report: told of each batch, after its commit; stops the replay when it throws.
    /// - Returns: what was found, from the first CallID on, also by the runs before an interruption.
    /// - Throws: what `report` throws; ``Storage/ReplayFailure`` when another process replays the tenant;
    ///   ``Storage/StorageError`` when the database is away.
    package func run(
        _ scope: TenantScope,
        over range: ReplayRange = ReplayRange(),
        anew: Bool = false,
        report: (News) throws -> Void = { _ in }
    ) async throws -> ReplayTally {
        // This transaction does nothing but hold the reservation while the batches run in theirs.
        try await self.database.system { reservation in
            try await reservation.replays.reserve(scope)
            let begun = try await self.database.system { try await $0.replays.begin(scope, over: range, anew: anew) }
            guard var run = begun else { return ReplayTally() }
            try report(.began(run))
            var size = self.batchSize
            while !run.isFinished {
                do {
                    run = try await self.step(run, limit: size)
                    size = min(size * 2, self.batchSize)
                } catch let error as StorageError where error.code == .statementFailed {
                    // Some CallID of the batch cannot be written: the others shall not suffer.
                    guard size == 1 else {
                        size = 1
                        continue
                    }
                    run = try await self.passOver(run, because: error, report: report)
                }
                try report(.advanced(run))
            }
            return run.tally
        }
    }

    /// What ``run(_:over:anew:report:)`` would change now. Writes nothing and locks nothing.
    ///
    /// - Parameters:
    ///   - scope: the tenant.
    ///   - range: which CallIDs.
    ///   - show: told of each difference, in the order of CallIDs.
    /// - Returns: what was found.
    /// - Throws: what `show` throws; ``Storage/StorageError`` when the database is away.
    package func preview(
        _ scope: TenantScope,
        over range: ReplayRange = ReplayRange(),
        show: (CallDifference) throws -> Void
    ) async throws -> ReplayTally {
        var tally = ReplayTally()
        var position: String? = ""
        while let place = position {
            let page = try await self.database.snapshot(of: scope) { transaction in
                try await transaction.replayMaterials(range, after: place, limit: self.batchSize)
            }
            tally.examined += page.examined
            for material in page.materials {
                let result = material.result(self.defaults, now: page.now)
                let differences = result.changes.map { CallDifference($0, stored: material.stored) }
                tally.count(differences, of: material)
                for difference in differences {
                    try show(difference)
                }
            }
            position = page.position
        }
        return tally
    }

    /// One batch.
    private func step(_ run: ReplayRun, limit: Int) async throws -> ReplayRun {
        try await self.database.system { transaction in
            let keys = try await transaction.replays.callIDs(after: run, limit: limit)
            var next = run
            next.tally.examined += keys.count
            guard let last = keys.last else {
                next.isFinished = true
                try await transaction.replays.advance(from: run, to: next)
                return next
            }
            let claim = try await transaction.assembly.claim(keys)
            let materials = try await transaction.assembly.load(claim)
            let results = materials.map { $0.result(self.defaults, now: claim.now) }
            for (material, result) in zip(materials, results) {
                next.tally.count(
                    result.changes.map { CallDifference($0, stored: material.stored) },
                    of: material
                )
            }
            next.position = last.callID.rawValue
            try await transaction.replays.advance(from: run, to: next)
            try await transaction.assembly.write(results)
            return next
        }
    }

    /// Leaves the next CallID as it is.
    private func passOver(
        _ run: ReplayRun,
        because error: StorageError,
        report: (News) throws -> Void
    ) async throws -> ReplayRun {
        let (next, callID) = try await self.database.system { transaction in
            guard let key = try await transaction.replays.callIDs(after: run, limit: 1).first else {
                return (run, nil as CallID?)
            }
            var next = run
            next.position = key.callID.rawValue
            next.tally.examined += 1
            next.tally.failed += 1
            try await transaction.replays.advance(from: run, to: next)
            return (next, key.callID)
        }
        if let callID {
            try report(.failed(callID, error))
        }
        return next
    }
}
