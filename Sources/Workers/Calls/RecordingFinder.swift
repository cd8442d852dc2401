package import Logging
import Metrics
import RingmeAPI
import ServiceLifecycle
package import Storage
package import Telephony

import struct FoundationEssentials.UUID

/// Looks in the PBX's call history for recordings that were not ready at the hangup (rule 12).
///
/// It claims tenants by a lease, asks for the stretches of the history that their calls are in, and stores what it finds as
/// facts of the CallIDs; the assembler then corrects the records. Nobody waits for it: it leaves the reserve of the budget to
/// others, and a look that fails changes nothing and comes again.
package struct RecordingFinder: Service {
    private let database: Database
    private let gateway: PBXGateway
    private let logger: Logger
    private let found = Counter(label: "ringbridge_recordings_found")

    /// Longer than a window of the history takes; it is renewed after each.
    private static let leaseSeconds = 300
    private static let looksAtOnce = 4
    /// Between two looks at one PBX, so that one request serves many calls.
    private static let pauseSeconds = 300
    /// What only a person can change is looked at again so late.
    private static let terminalSeconds = 3600

    package init(database: Database, gateway: PBXGateway, logger: Logger) {
        self.database = database
        self.gateway = gateway
        self.logger = logger
    }

    package func run() async throws {
        var nextCleaning = ContinuousClock.now
        await forEachTick(every: .seconds(15), logger: self.logger) {
            _ = try await self.searchDue()
            guard ContinuousClock.now >= nextCleaning else { return }
            nextCleaning = ContinuousClock.now + .seconds(600)
            _ = try await self.database.system { try await $0.recordingSearches.dropOrphans() }
        }
    }

    /// Looks for the recordings of all tenants that have calls to ask for, a few tenants at once.
    ///
    /// - Parameter now: the instant that decides which calls; nil: the database's clock.
    /// - Returns: how many tenants there were.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func searchDue(now: Timestamp? = nil) async throws -> Int {
        try await drainClaims(atOnce: Self.looksAtOnce) { free in
            try await self.database.system { transaction in
                try await transaction.recordingSearches.claim(
                    claimID: UUID(),
                    leaseSeconds: Self.leaseSeconds,
                    limit: free,
                    now: now
                )
            }
        } run: { search in
            do {
                try await self.look(search)
            } catch {
                await self.recordDefect(error, of: search)
            }
        }
    }

    private func look(_ search: RecordingSearch) async throws {
        let (tenant, calls) = try await self.database.system { transaction in
            (
                try await transaction.tenants.find(search.scope.tenantID),
                try await transaction.recordingSearches.calls(of: search)
            )
        }
        guard let tenant else { return }
        do {
            let session = try self.gateway.session(for: tenant)
            try await session.resolveClient(of: tenant, scope: search.scope, isInteractive: false)
            // Whether a PBX records at all shows in its latest calls.
            let windows = HistoryWindow.windows(of: calls).prefix(search.expectsRecordings ? .max : 1)
            for window in windows {
                guard try await self.look(at: window, search, session) else { return }
            }
            try await self.database.system { transaction in
                try await transaction.recordingSearches.finish(search, nextInSeconds: Self.pauseSeconds)
                try await transaction.setProblem(nil, of: search.scope, about: .callHistory)
            }
        } catch let failure as PBXFailure {
            try await self.record(PBXTrouble(failure, attempts: search.failedAttempts), of: search)
        } catch let error as KeyRing.OpenError {
            self.logger.error(
                "a tenant's app secret cannot be opened",
                metadata: ["tenant.id": "\(search.scope.tenantID)", "error": "\(error)"]
            )
            try await self.putOff(search, seconds: Self.terminalSeconds, problem: nil)
        }
    }

    /// Asks for one window; false when the lease was lost, and another process has taken over.
    private func look(at window: HistoryWindow, _ search: RecordingSearch, _ session: PBXSession) async throws -> Bool {
        let history = try await session.send(isInteractive: false) { client throws(PBXError) in
            try await client.callHistory(from: window.from.microseconds, to: window.to.microseconds)
        }
        let count = try await self.database.system { transaction in
            try await transaction.recordingSearches.record(
                window.recordings(in: history),
                of: search,
                leaseSeconds: Self.leaseSeconds
            )
        }
        guard let count else { return false }
        self.found.increment(by: count)
        if count > 0 {
            self.logger.info(
                "recordings found in the call history",
                metadata: ["tenant.id": "\(search.scope.tenantID)", "count": "\(count)"]
            )
        }
        return true
    }

    /// A full budget is no trouble for what nobody waits for: the look is put off without a word.
    private func record(_ trouble: PBXTrouble, of search: RecordingSearch) async throws {
        let isSilent = trouble.problem.code == .rateLimited
        if !isSilent {
            self.logger.notice(
                "a call history could not be read",
                metadata: ["tenant.id": "\(search.scope.tenantID)", "problem": "\(trouble.problem.code.rawValue)"]
            )
        }
        try await self.putOff(
            search,
            seconds: trouble.retryAfterSeconds ?? Self.terminalSeconds,
            problem: isSilent ? nil : trouble.problem
        )
    }

    private func putOff(_ search: RecordingSearch, seconds: Int, problem: Problem?) async throws {
        try await self.database.system { transaction in
            try await transaction.recordingSearches.putOff(search, seconds: seconds)
            if let problem {
                try await transaction.setProblem(problem, of: search.scope, about: .callHistory)
            }
        }
    }

    /// What could not be stored is looked for again later; without this it would come back at each end of its lease.
    private func recordDefect(_ error: any Error, of search: RecordingSearch) async {
        var metadata: Logger.Metadata = ["tenant.id": "\(search.scope.tenantID)", "error": "\(error)"]
        self.logger.error("a search for recordings could not be recorded", metadata: metadata)
        do {
            try await self.putOff(search, seconds: Self.leaseSeconds, problem: nil)
        } catch {
            metadata["error"] = "\(error)"
            self.logger.error("its lease will run out instead", metadata: metadata)
        }
    }
}
