import Logging
import Postgres
import RingmeAPI
import ServiceLifecycle
import Storage
import Telephony

/// One run over the queue agents of a tenant: list them, then for each list, plan, steps one by one, result.
///
/// No transaction is held over a request. What is done for an agent is recorded at once, so that a run which dies or must wait
/// for the budget goes on with the agents that are left. Nobody waits for it: it leaves the larger reserve of the budget.
struct AgentRun {
    let claim: AgentClaim
    let database: Database
    let gateway: PBXGateway
    let keyRing: KeyRing
    let publicURL: String
    let driftCheckSeconds: Int
    let leaseSeconds: Int
    let logger: Logger

    /// Between tries of what needs somebody's help but must not be forgotten.
    private static let unconfirmedRetrySeconds = 900

    /// The PBX does not take a row of an agent.
    private struct Refusal: Error {
        var error: PBXError
    }

    private var lease: AgentLease {
        AgentLease(claim: self.claim, seconds: self.leaseSeconds, database: self.database)
    }

    /// - Throws: ``Storage/StorageError`` when the result could not be recorded; the to-do is then claimed again later.
    func run() async throws {
        guard let tenant = try await self.database.system({ try await $0.tenants.find(self.claim.scope.tenantID) })
        else {
            return
        }
        let isWanted = tenant.settings.agentPresence && tenant.status == .active
        do {
            let problem = try await self.reconcile(tenant, isWanted: isWanted)
            try await self.settle(problem, isWanted: isWanted)
        } catch let failure as PBXFailure {
            try await self.end(after: failure, isWanted: isWanted)
        } catch let error as KeyRing.OpenError {
            self.logger.error(
                "a secret of the tenant cannot be opened",
                metadata: self.metadata(["error": "\(error)"])
            )
            try await self.finish(Problem(error), .retry(afterSeconds: Self.unconfirmedRetrySeconds))
        } catch is LeaseLost {
            try await self.database.system { try await $0.agentClaims.putOff(self.claim, seconds: 0) }
        }
    }

    /// - Returns: the problem of agents whose rows the PBX does not take; the others were done.
    /// - Throws: ``PBXFailure`` when agents are left to be done; one that fails by itself does not hold up the others.
    private func reconcile(_ tenant: Tenant, isWanted: Bool) async throws -> Problem? {
        if isWanted {
            let session = try await self.session(of: tenant)
            try await self.lease.renew()
            let listing = try await session.send(isInteractive: false) { client throws(PBXError) in
                try await client.agents()
            }
            try await self.record(listing.map(ListedAgent.init))
        } else if !tenant.settings.agentPresence {
            try await self.record([])
        }
        let due = try await self.database.system { transaction in
            try await transaction.agentClaims.due(self.claim, areWanted: isWanted)
        }
        guard !due.isEmpty else { return nil }
        let session = try await self.session(of: tenant)
        var problem: Problem?
        var failure: PBXFailure?
        for agent in due {
            do {
                let isSubscribed = try await self.reconcile(
                    agent.id,
                    wanted: isWanted && agent.isListed ? AgentEventKind.allCases : [],
                    session: session
                )
                try await self.finish(agent.id, isSubscribed: isSubscribed)
            } catch let refusal as Refusal {
                self.logger.notice("the PBX does not take an agent's event row", metadata: self.metadata(agent.id))
                problem = Problem(
                    code: .eventTypeRefused,
                    data: PostgresJSON(encoding: ["message": refusal.error.message, "agent_id": "\(agent.id)"])
                )
                try await self.finish(agent.id, isSubscribed: true)
            } catch PBXFailure.pbx(let error) where error.isOfOneResource {
                failure = .pbx(error)
            }
        }
        if let failure { throw failure }
        return problem
    }

    private func session(of tenant: Tenant) async throws -> PBXSession {
        let session = try self.gateway.session(for: tenant)
        try await session.resolveClient(of: tenant, scope: self.claim.scope, isInteractive: false)
        return session
    }

    private func record(_ listing: [ListedAgent]) async throws {
        let recorded = try await self.database.system { transaction in
            var generator = SystemRandomNumberGenerator()
            return try await transaction.agentClaims.record(
                listing,
                of: self.claim,
                keyRing: self.keyRing,
                using: &generator
            )
        }
        guard recorded else { throw LeaseLost() }
    }

    // MARK: - One agent

    /// Brings the rows of an agent to what is wanted.
    ///
    /// - Returns: whether it has rows of ours now.
    private func reconcile(
        _ agentID: AgentID,
        wanted: [AgentEventKind],
        session: PBXSession
    ) async throws -> Bool {
        let tokens = try await self.database.system { transaction in
            try await transaction.agentTokens.tokens(of: self.claim.scope, agentID: agentID, keyRing: self.keyRing)
        }
        var steps = SubscriptionSteps(
            sender: agentID,
            lease: self.lease,
            session: session,
            isInteractive: false,
            url: tokens.live?.eventURL(publicURL: self.publicURL, for: AgentEventKind.self)
        )
        var hasBegun = false
        var seen: Set<EventToken> = []
        for _ in 0..<5 {
            let rows: [SubscriptionRow]
            do {
                rows = try await steps.list()
            } catch PBXFailure.pbx(let error) where error.code == .notFound {
                // The PBX does not have the agent.
                try await self.noteUnused(tokens, seen: seen, of: agentID)
                return false
            }
            seen.formUnion(ownedRows(rows, tokens: tokens.all).map(\.token))
            let plan = planSubscriptions(
                wanted: wanted,
                liveToken: tokens.live,
                tokens: tokens.all,
                publicURL: self.publicURL,
                rows: rows,
                limit: .max
            )
            if !hasBegun, plan.adds {
                let holds = try await self.database.system { transaction in
                    try await transaction.agentClaims.beginSubscription(of: agentID, claim: self.claim)
                }
                guard holds else { throw LeaseLost() }
                hasBegun = true
            }
            switch try await steps.execute(plan, over: rows) {
            case .done:
                try await self.noteUnused(tokens, seen: seen, of: agentID)
                return !wanted.isEmpty
            case .lookAgain:
                continue
            case .refused(let error, _):
                // A login without a logout says nothing.
                try await steps.takeBack(steps.added.map(\.id))
                guard case .refused = error.code else { throw PBXFailure.pbx(error) }
                throw Refusal(error: error)
            }
        }
        throw PBXFailure.pbx(PBXError(.unparsable, operation: .listAgentEvents, message: "the list keeps changing"))
    }

    /// Records that the PBX has no row with the agent's retired tokens any more.
    private func noteUnused(_ tokens: EventTokens, seen: Set<EventToken>, of agentID: AgentID) async throws {
        try await self.database.system { transaction in
            try await transaction.agentTokens.noteUnused(
                tokens.retired,
                seen: seen.intersection(tokens.retired),
                of: self.claim.scope,
                agentID: agentID
            )
        }
    }

    // MARK: - The end

    private func finish(_ agentID: AgentID, isSubscribed: Bool) async throws {
        try await self.database.system { transaction in
            try await transaction.agentClaims.finish(agentID, isSubscribed: isSubscribed, claim: self.claim)
        }
    }

    private func settle(_ problem: Problem?, isWanted: Bool) async throws {
        try await self.finish(problem, .settled(nextInSeconds: isWanted ? self.driftCheckSeconds : nil))
    }

    private func end(after failure: PBXFailure, isWanted: Bool) async throws {
        let trouble = PBXTrouble(failure, attempts: self.claim.attempts)
        self.logger.notice(
            "a run over a tenant's agents did not get through",
            metadata: self.metadata(["problem": "\(trouble.problem.code.rawValue)"])
        )
        guard let seconds = trouble.retryAfterSeconds else {
            // What must leave the PBX stays to be done until the PBX confirms it.
            let outcome: AgentOutcome =
                isWanted
                ? .settled(nextInSeconds: self.driftCheckSeconds) : .retry(afterSeconds: Self.unconfirmedRetrySeconds)
            return try await self.finish(trouble.problem, outcome)
        }
        if self.claim.wasSynced {
            // A look that nobody waits for says nothing about what works.
            try await self.database.system { try await $0.agentClaims.putOff(self.claim, seconds: seconds) }
        } else {
            try await self.finish(trouble.problem, .retry(afterSeconds: seconds))
        }
    }

    private func finish(_ problem: Problem?, _ outcome: AgentOutcome) async throws {
        try await self.database.system { transaction in
            try await transaction.agentClaims.finish(self.claim, problem: problem, outcome: outcome)
        }
    }

    private func metadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["tenant.id": "\(self.claim.scope.tenantID)"]) { first, _ in first }
    }

    private func metadata(_ agentID: AgentID) -> Logger.Metadata { self.metadata(["agent.id": "\(agentID)"]) }
}

/// The lease of a run over a tenant's agents: lost also when the tenant was changed, or the process is ending. What was begun
/// for an agent is recorded before its first row, so single rows need no record.
private struct AgentLease: RunLease {
    let claim: AgentClaim
    let seconds: Int
    let database: Database

    func renew() async throws {
        let holds = try await self.database.system { transaction in
            try await transaction.agentClaims.renew(self.claim, leaseSeconds: self.seconds)
        }
        guard holds, !Task.isShuttingDownGracefully else { throw LeaseLost() }
    }

    func noteAdded(_ row: SubscriptionRow) {}
    func noteDeleted(_ rowID: Int64) {}
}

extension ListedAgent {
    fileprivate init(_ listed: PBXAgent) {
        self.init(id: AgentID(rawValue: listed.id), extensionName: listed.extensionName)
    }
}

extension SubscriptionPlan {
    /// Whether a row is to be added.
    fileprivate var adds: Bool {
        self.steps.contains { step in
            if case .create = step.action { return true }
            return false
        }
    }
}

extension PBXError {
    /// Whether the PBX answered, and what is wrong may be with this resource alone.
    fileprivate var isOfOneResource: Bool {
        switch self.code {
        case .refused, .unparsable, .invalidRequest: true
        case .unavailable: self.httpStatus != nil
        case .heldBack, .unauthorized, .accessDenied, .notFound, .rateLimited, .concurrentRequest, .timedOut,
            .cancelled:
            false
        }
    }
}
