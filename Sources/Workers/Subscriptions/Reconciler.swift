package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Telephony

import struct FoundationEssentials.UUID

/// Brings the event subscriptions on the PBX to the desired state.
///
/// It claims to-do rows by a lease, one run per extension at a time across all processes, and runs a few at once. Changes of
/// mappings write to-dos; so does the drift check, for extensions that no run has looked at for a while.
package struct Reconciler: Service {
    private let database: Database
    private let listener: PostgresListener
    private let gateway: PBXGateway
    private let keyRing: KeyRing
    private let publicURL: String
    private let driftCheckInterval: Duration
    private let logger: Logger

    /// Longer than the requests between two renewals take; after a kill an extension waits that long for its next run.
    private static let leaseSeconds = 120
    private static let runsAtOnce = 8
    /// So that a tenant whose PBX is slow leaves places to the others.
    private static let runsPerTenant = 4
    /// A token is accepted that long after the PBX has lost its last row with it (decisions section 4).
    private static let unusedTokenSeconds = 24 * 3600
    private static let housekeepingInterval = Duration.seconds(60)

    /// `publicURL`: `PUBLIC_URL`, the base of the event URLs.
    /// `driftCheckInterval`: `DRIFT_CHECK_INTERVAL`.
    package init(
        database: Database,
        listener: PostgresListener,
        gateway: PBXGateway,
        keyRing: KeyRing,
        publicURL: String,
        driftCheckInterval: Duration,
        logger: Logger
    ) {
        self.database = database
        self.listener = listener
        self.gateway = gateway
        self.keyRing = keyRing
        self.publicURL = publicURL
        self.driftCheckInterval = driftCheckInterval
        self.logger = logger
    }

    package func run() async throws {
        var isAtPublicURL = false
        var nextHousekeeping = ContinuousClock.now
        await forEachWakeUp(on: Channel.reconcile, of: self.listener, every: .seconds(1), logger: self.logger) {
            if !isAtPublicURL {
                try await self.adoptPublicURL()
                isAtPublicURL = true
            }
            _ = try await self.reconcileDue()
            guard ContinuousClock.now >= nextHousekeeping else { return }
            nextHousekeeping = ContinuousClock.now + Self.housekeepingInterval
            try await self.keepHouse()
        }
    }

    /// After a change of `PUBLIC_URL` every extension is due: its rows are changed in place.
    package func adoptPublicURL() async throws {
        let count = try await self.database.system { try await $0.adoptPublicURL(self.publicURL) }
        if count > 0 {
            self.logger.notice(
                "the public URL is new: event URLs on the PBX are checked",
                metadata: ["count": "\(count)"]
            )
        }
    }

    /// Asks for the drift checks that are due, and forgets tokens that the PBX has not used for a day.
    package func keepHouse() async throws {
        _ = try await self.database.system { transaction in
            try await transaction.reconcileClaims.requestDriftChecks(
                olderThanSeconds: Int(self.driftCheckInterval.components.seconds)
            )
        }
        _ = try await self.database.system { transaction in
            try await transaction.eventTokens.forgetUnused(forSeconds: Self.unusedTokenSeconds)
        }
        _ = try await self.database.system { transaction in
            try await transaction.agentTokens.forgetUnused(forSeconds: Self.unusedTokenSeconds)
        }
    }

    /// Runs what is due, a few extensions at once, until nothing is.
    ///
    /// - Returns: how many runs there were.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func reconcileDue() async throws -> Int {
        try await drainClaims(atOnce: Self.runsAtOnce) { free in
            try await self.database.system { transaction in
                try await transaction.reconcileClaims.claim(
                    claimID: UUID(),
                    leaseSeconds: Self.leaseSeconds,
                    limit: free,
                    perTenant: Self.runsPerTenant
                )
            }
        } run: { claim in
            await self.run(claim)
        }
    }

    private func run(_ claim: ReconcileClaim) async {
        var run = ReconcileRun(
            claim: claim,
            database: self.database,
            gateway: self.gateway,
            keyRing: self.keyRing,
            publicURL: self.publicURL,
            leaseSeconds: Self.leaseSeconds,
            logger: self.logger
        )
        do {
            try await run.run()
        } catch {
            // The to-do row stays claimed until its lease ends, and is then run again.
            self.logger.error(
                "a reconcile run could not be recorded",
                metadata: [
                    "tenant.id": "\(claim.scope.tenantID)", "extension.id": "\(claim.extensionID.rawValue)",
                    "error": "\(error)",
                ]
            )
        }
    }
}
