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

    /// All our rows deliver by POST (decisions section 3).
    private static let deliveryMethod = "POST"

    /// The lease was lost, the tenant was changed, or the process is ending: the rest is for another run.
    private struct Overtaken: Error {}

    /// The PBX does not take a row of an agent.
    private struct Refusal: Error {
        var error: PBXError
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
            let details = PostgresJSON(encoding: ["message": error.description])
            try await self.finish(
                Problem(code: .credentialsRejected, data: details),
                .retry(afterSeconds: Self.unconfirmedRetrySeconds)
            )
        } catch is Overtaken {
            try await self.database.system { try await $0.agentClaims.putOff(self.claim, seconds: 0) }
        }
    }

    /// - Returns: the problem of agents whose rows the PBX does not take; the others were done.
    /// - Throws: ``PBXFailure`` when agents are left to be done; one that fails by itself does not hold up the others.
    private func reconcile(_ tenant: Tenant, isWanted: Bool) async throws -> Problem? {
        if isWanted {
            let session = try await self.session(of: tenant)
            let listing = try await self.send(session) { client throws(PBXError) in try await client.agents() }
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
        guard recorded else { throw Overtaken() }
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
        var added: [Int64]?
        for _ in 0..<5 {
            guard let rows = try await self.list(agentID, session: session) else { return false }
            let plan = planSubscriptions(
                wanted: wanted,
                liveToken: tokens.live,
                tokens: tokens.all,
                publicURL: self.publicURL,
                rows: rows,
                limit: .max
            )
            if added == nil, plan.adds {
                let holds = try await self.database.system { transaction in
                    try await transaction.agentClaims.beginSubscription(of: agentID, claim: self.claim)
                }
                guard holds else { throw Overtaken() }
                added = []
            }
            if try await self.execute(plan, of: agentID, liveToken: tokens.live, added: &added, session: session) {
                return !wanted.isEmpty
            }
        }
        throw PBXFailure.pbx(PBXError(.unparsable, operation: .listAgentEvents, message: "the list keeps changing"))
    }

    /// The agent's rows; nil when the PBX does not have the agent.
    private func list(_ agentID: AgentID, session: PBXSession) async throws -> [SubscriptionRow]? {
        do {
            return try await self.send(session) { client throws(PBXError) in
                try await client.agentEvents(of: agentID.rawValue)
            }
        } catch PBXFailure.pbx(let error) where error.code == .notFound {
            return nil
        }
    }

    /// Takes the steps of a plan, one by one.
    ///
    /// `added`: the rows that this run has added; they go again when the PBX refuses the next, since a login without a logout
    /// says nothing.
    /// - Returns: false when the list is no longer what it was, or a request's outcome is unknown: look again.
    private func execute(
        _ plan: SubscriptionPlan,
        of agentID: AgentID,
        liveToken: EventToken?,
        added: inout [Int64]?,
        session: PBXSession
    ) async throws -> Bool {
        let url = liveToken?.eventURL(publicURL: self.publicURL, for: AgentEventKind.self) ?? ""
        for step in plan.writes {
            do {
                switch step.action {
                case .keep:
                    break
                case .create(let eventType):
                    let row = try await self.send(session) { client throws(PBXError) in
                        try await client.createAgentEvent(
                            of: agentID.rawValue,
                            type: eventType,
                            url: url,
                            method: Self.deliveryMethod
                        )
                    }
                    added?.append(row.id)
                case .update(let id, let eventType):
                    _ = try await self.send(session) { client throws(PBXError) in
                        try await client.updateAgentEvent(
                            of: agentID.rawValue,
                            id: id,
                            type: eventType,
                            url: url,
                            method: Self.deliveryMethod
                        )
                    }
                case .delete(let id, _):
                    try await self.delete(id, of: agentID, session: session)
                }
            } catch PBXFailure.pbx(let error) {
                if error.outcomeUnknown || error.code == .notFound { return false }
                guard case (.create, .refused) = (step.action, error.code) else { throw PBXFailure.pbx(error) }
                for id in added ?? [] {
                    try await self.delete(id, of: agentID, session: session)
                }
                throw Refusal(error: error)
            }
        }
        return true
    }

    /// Deletes a row of ours; one that is gone already is as good.
    private func delete(_ id: Int64, of agentID: AgentID, session: PBXSession) async throws {
        do {
            try await self.send(session) { client throws(PBXError) in
                try await client.deleteAgentEvent(of: agentID.rawValue, id: id)
            }
        } catch PBXFailure.pbx(let error) where error.code == .notFound {
            return
        }
    }

    /// Sends a request, when the lease still holds.
    private func send<Value: Sendable>(
        _ session: PBXSession,
        _ request: (RingmeClient) async throws(PBXError) -> Value
    ) async throws -> Value {
        let holds = try await self.database.system { transaction in
            try await transaction.agentClaims.renew(self.claim, leaseSeconds: self.leaseSeconds)
        }
        guard holds, !Task.isShuttingDownGracefully else { throw Overtaken() }
        return try await session.send(isInteractive: false, request)
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
