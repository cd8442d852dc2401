package import Logging
package import Postgres
import ServiceLifecycle
package import Storage
import Telephony

import struct FoundationEssentials.UUID

/// Keeps the queue agents of the tenants that want their presence: who there is, and the subscriptions to their events.
///
/// It claims a tenant's to-do row by a lease, one run per tenant at a time across all processes. A run lists the agents and
/// brings the rows of each to the desired state; when the tenant is put, and at each drift check. A tenant whose agents are
/// no longer wanted stays to be done until the PBX has confirmed that our last row is gone.
package struct AgentReconciler: Service {
    private let database: Database
    private let listener: PostgresListener
    private let gateway: PBXGateway
    private let keyRing: KeyRing
    private let publicURL: String
    private let driftCheckInterval: Duration
    private let logger: Logger

    /// Longer than the requests between two renewals take; after a kill a tenant waits that long for its next run.
    private static let leaseSeconds = 120
    private static let runsAtOnce = 4

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
        await forEachWakeUp(on: Channel.agents, of: self.listener, every: .seconds(1), logger: self.logger) {
            _ = try await self.reconcileDue()
        }
    }

    /// Runs the tenants that are due, a few at once, until none is.
    ///
    /// - Returns: how many runs there were.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func reconcileDue() async throws -> Int {
        try await drainClaims(atOnce: Self.runsAtOnce) { free in
            try await self.database.system { transaction in
                try await transaction.agentClaims.claim(
                    claimID: UUID(),
                    leaseSeconds: Self.leaseSeconds,
                    limit: free
                )
            }
        } run: { claim in
            await self.run(claim)
        }
    }

    private func run(_ claim: AgentClaim) async {
        let run = AgentRun(
            claim: claim,
            database: self.database,
            gateway: self.gateway,
            keyRing: self.keyRing,
            publicURL: self.publicURL,
            driftCheckSeconds: Int(self.driftCheckInterval.components.seconds),
            leaseSeconds: Self.leaseSeconds,
            logger: self.logger
        )
        do {
            try await run.run()
        } catch {
            // The to-do row stays claimed until its lease ends, and is then run again.
            self.logger.error(
                "a run over a tenant's agents could not be recorded",
                metadata: ["tenant.id": "\(claim.scope.tenantID)", "error": "\(error)"]
            )
        }
    }
}
