package import FoundationEssentials
import Postgres
package import Telephony

/// A tenant whose agents are to be read and subscribed, leased to one process.
package struct AgentClaim: Hashable, Sendable {
    package var scope: TenantScope
    package var claimID: UUID
    /// The round that the run serves; a change of the tenant raises it in the to-do row.
    package var generation: Int64
    /// Runs that failed before this one.
    package var attempts: Int
    /// A round has ended well before.
    package var wasSynced: Bool
}

/// An agent as the PBX's listing described it.
package struct ListedAgent: Hashable, Sendable {
    package var id: AgentID
    /// `prefix*name`.
    package var extensionName: String?

    package init(id: AgentID, extensionName: String?) {
        self.id = id
        self.extensionName = extensionName
    }
}

/// An agent whose rows on the PBX are to be compared with what is wanted.
package struct DueAgent: Hashable, Sendable {
    package var id: AgentID
    /// The last listing had it.
    package var isListed: Bool
}

/// How a run ended for the to-do row.
package enum AgentOutcome: Hashable, Sendable {
    /// The round is done; the next one in so many seconds, or when somebody asks.
    case settled(nextInSeconds: Int?)
    /// The same round once more after so many seconds, with the agents that are left.
    case retry(afterSeconds: Int)
}

extension SystemTransaction {
    /// Agent to-dos of all tenants.
    package var agentClaims: AgentClaims { AgentClaims(transaction: self) }
}

/// The workers' side of agents: leases, listings, what was done for each agent, runs' ends.
package struct AgentClaims: Sendable {
    let transaction: SystemTransaction

    private var postgres: PostgresTransaction { self.transaction.postgres }

    /// Leases up to `limit` tenants that are due.
    package func claim(claimID: UUID, leaseSeconds: Int, limit: Int) async throws -> [AgentClaim] {
        try await self.postgres.execute(
            ClaimAgentSyncs(
                claimID: claimID,
                leaseSeconds: Int32(clamping: leaseSeconds),
                limit: Int32(clamping: limit)
            )
        )
    }

    /// Extends the lease; false when it was lost or the tenant was changed, and this run may write nothing any more.
    package func renew(_ claim: AgentClaim, leaseSeconds: Int) async throws -> Bool {
        try await self.postgres.affectedRows(
            RenewAgentClaim(claim: claim, leaseSeconds: Int32(clamping: leaseSeconds))
        ) > 0
    }

    /// Records a listing: agents it has are written and have a live token, those it lacks are marked gone, without presence
    /// and with their token retired.
    ///
    /// `generator`: the source of new tokens; it must be cryptographic.
    /// - Returns: false when the lease was lost or the tenant was changed; nothing is written then.
    package func record(
        _ listing: [ListedAgent],
        of claim: AgentClaim,
        keyRing: KeyRing,
        using generator: inout some RandomNumberGenerator
    ) async throws -> Bool {
        let tenantID = claim.scope.tenantID
        guard try await self.postgres.first(LockAgentClaim(claim: claim)) != nil else { return false }
        let gone = try await self.postgres.execute(MarkAgentsGone(tenantID: tenantID, listed: listing.map(\.id)))
        if !gone.isEmpty {
            _ = try await self.postgres.execute(RetireAgentTokens(tenantID: tenantID, agentIDs: gone))
        }
        _ = try await self.postgres.execute(WriteAgents(tenantID: tenantID, listing: listing))
        let tokenless = try await self.postgres.execute(ListAgentsWithoutToken(tenantID: tenantID))
        if !tokenless.isEmpty {
            try await self.transaction.agentTokens.make(
                for: tokenless,
                of: claim.scope,
                keyRing: keyRing,
                using: &generator
            )
        }
        return true
    }

    /// The agents that this round has not done yet: those of the listing when they are wanted, and all that may have rows of
    /// ours.
    package func due(_ claim: AgentClaim, areWanted: Bool) async throws -> [DueAgent] {
        try await self.postgres.execute(ListDueAgents(claim: claim, areWanted: areWanted))
    }

    /// Notes, before the first row is added, that the agent may have rows of ours from now on. Its presence is not known
    /// then: what happened while a row was missing, nobody told us.
    ///
    /// - Returns: false when the lease was lost or the tenant was changed; nothing is noted then.
    package func beginSubscription(of agentID: AgentID, claim: AgentClaim) async throws -> Bool {
        try await self.postgres.affectedRows(BeginAgentSubscription(claim: claim, agentID: agentID)) > 0
    }

    /// Notes that an agent's rows are as this round wants them: all there, or (not `isSubscribed`) none, which ends its
    /// presence. Without effect when the lease was lost or the tenant was changed.
    package func finish(_ agentID: AgentID, isSubscribed: Bool, claim: AgentClaim) async throws {
        _ = try await self.postgres.execute(
            FinishAgent(claim: claim, agentID: agentID, isSubscribed: isSubscribed)
        )
    }

    /// Ends a run, and opens or closes the problem of the tenant's agents. Without effect when the lease was lost.
    ///
    /// `problem`: nil closes; to leave what is open as it is, use ``putOff(_:seconds:)``.
    package func finish(_ claim: AgentClaim, problem: Problem?, outcome: AgentOutcome) async throws {
        let finished = try await self.postgres.affectedRows(FinishAgentSync(claim: claim, outcome: outcome))
        guard finished > 0 else { return }
        try await SystemTransaction(postgres: self.postgres).setProblem(problem, of: claim.scope, about: .agents)
    }

    /// Gives the to-do back without a word: what the last run left stays as it is.
    package func putOff(_ claim: AgentClaim, seconds: Int) async throws {
        _ = try await self.postgres.execute(
            FinishAgentSync(claim: claim, outcome: .retry(afterSeconds: seconds))
        )
    }
}

/// After a change of the tenant: whether and how agents' presence is wanted may have changed. A tenant that never wanted it
/// has no row.
struct RequestAgentSync: Statement {
    static let sql: StaticString = """
        INSERT INTO agent_syncs (tenant_id)
        SELECT t.tenant_id FROM tenants t
        WHERE t.tenant_id = $1
          AND (t.agent_presence OR EXISTS (SELECT FROM agent_syncs s WHERE s.tenant_id = t.tenant_id))
        ON CONFLICT (tenant_id) DO UPDATE SET generation = agent_syncs.generation + 1, due_at = now(), attempts = 0
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
}

struct ClaimAgentSyncs: Statement {
    static let sql: StaticString = """
        WITH due AS (
          SELECT tenant_id FROM agent_syncs
          WHERE due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
          ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
        UPDATE agent_syncs s
        SET claim_id = $1, claimed_until = now() + $2 * interval '1 second', attempts = s.attempts + 1
        FROM due WHERE s.tenant_id = due.tenant_id
        RETURNING s.tenant_id, s.claim_id, s.generation, s.attempts - 1, s.synced_at IS NOT NULL
        """
    var claimID: UUID
    var leaseSeconds: Int32
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claimID)
        bindings.append(self.leaseSeconds)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> AgentClaim {
        AgentClaim(
            scope: TenantScope(tenantID: try row.next()),
            claimID: try row.next(),
            generation: try row.next(),
            attempts: Int(try row.next(Int32.self)),
            wasSynced: try row.next()
        )
    }
}

struct RenewAgentClaim: Statement {
    static let sql: StaticString = """
        UPDATE agent_syncs SET claimed_until = now() + $4 * interval '1 second'
        WHERE tenant_id = $1 AND claim_id = $2 AND generation = $3
        """
    var claim: AgentClaim
    var leaseSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim)
        bindings.append(self.leaseSeconds)
    }
}

/// Locks the to-do row when this claim still holds it.
struct LockAgentClaim: Statement {
    static let sql: StaticString = """
        SELECT 1 FROM agent_syncs WHERE tenant_id = $1 AND claim_id = $2 AND generation = $3 FOR UPDATE
        """
    var claim: AgentClaim

    func bind(_ bindings: inout Bindings) { bindings.append(self.claim) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

struct MarkAgentsGone: Statement {
    static let sql: StaticString = """
        UPDATE agents SET gone_at = now(), status = NULL, since = NULL, checked_generation = NULL
        WHERE tenant_id = $1 AND gone_at IS NULL AND agent_id <> ALL ($2)
        RETURNING agent_id
        """
    var tenantID: TenantID
    var listed: [AgentID]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.listed.map(\.rawValue))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> AgentID { try row.next() }
}

struct WriteAgents: Statement {
    static let sql: StaticString = """
        INSERT INTO agents (tenant_id, agent_id, extension_name)
        SELECT DISTINCT ON (l.agent_id) $1, l.agent_id, l.extension_name
        FROM unnest($2::int8[], $3::text[]) AS l (agent_id, extension_name) ORDER BY l.agent_id
        ON CONFLICT (tenant_id, agent_id) DO UPDATE SET
          extension_name = excluded.extension_name, gone_at = NULL,
          checked_generation = CASE WHEN agents.gone_at IS NULL THEN agents.checked_generation END
        """
    var tenantID: TenantID
    var listing: [ListedAgent]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.listing.map(\.id.rawValue))
        bindings.append(self.listing.map(\.extensionName))
    }
}

struct ListAgentsWithoutToken: Statement {
    static let sql: StaticString = """
        SELECT a.agent_id FROM agents a
        WHERE a.tenant_id = $1 AND a.gone_at IS NULL AND NOT EXISTS (
          SELECT FROM agent_tokens t
          WHERE t.tenant_id = a.tenant_id AND t.agent_id = a.agent_id AND t.retired_at IS NULL)
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> AgentID { try row.next() }
}

struct ListDueAgents: Statement {
    static let sql: StaticString = """
        SELECT agent_id, gone_at IS NULL FROM agents
        WHERE tenant_id = $1 AND checked_generation IS DISTINCT FROM $2 AND (subscribed OR ($3 AND gone_at IS NULL))
        ORDER BY agent_id
        """
    var claim: AgentClaim
    var areWanted: Bool

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.generation)
        bindings.append(self.areWanted)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> DueAgent {
        DueAgent(id: try row.next(), isListed: try row.next())
    }
}

struct BeginAgentSubscription: Statement {
    static let sql: StaticString = """
        UPDATE agents a SET subscribed = true, status = NULL, since = NULL
        FROM agent_syncs s
        WHERE s.tenant_id = $1 AND s.claim_id = $2 AND s.generation = $3 AND a.tenant_id = $1 AND a.agent_id = $4
        """
    var claim: AgentClaim
    var agentID: AgentID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim)
        bindings.append(self.agentID)
    }
}

struct FinishAgent: Statement {
    static let sql: StaticString = """
        UPDATE agents a SET checked_generation = s.generation, subscribed = $5,
          status = CASE WHEN $5 THEN a.status END, since = CASE WHEN $5 THEN a.since END
        FROM agent_syncs s
        WHERE s.tenant_id = $1 AND s.claim_id = $2 AND s.generation = $3 AND a.tenant_id = $1 AND a.agent_id = $4
        """
    var claim: AgentClaim
    var agentID: AgentID
    var isSubscribed: Bool

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim)
        bindings.append(self.agentID)
        bindings.append(self.isSubscribed)
    }
}

/// Ends a run. A tenant that was changed meanwhile is due again at once, in the round of that change.
struct FinishAgentSync: Statement {
    static let sql: StaticString = """
        UPDATE agent_syncs SET claim_id = NULL, claimed_until = NULL,
          synced_at = CASE WHEN $4 THEN now() ELSE synced_at END,
          attempts = CASE WHEN $4 THEN 0 ELSE attempts END,
          due_at = CASE WHEN generation = $3 THEN now() + $5::int4 * interval '1 second' ELSE now() END,
          generation = CASE WHEN $4 AND generation = $3 THEN generation + 1 ELSE generation END
        WHERE tenant_id = $1 AND claim_id = $2
        """
    var claim: AgentClaim
    var outcome: AgentOutcome

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim)
        switch self.outcome {
        case .settled(let seconds):
            bindings.append(true)
            bindings.append(seconds.map { Int32(clamping: $0) })
        case .retry(let seconds):
            bindings.append(false)
            bindings.append(Optional(Int32(clamping: seconds)))
        }
    }
}

extension Bindings {
    /// What identifies a claim: `$1` the tenant, `$2` the claim, `$3` the generation.
    fileprivate mutating func append(_ claim: AgentClaim) {
        self.append(claim.scope.tenantID)
        self.append(claim.claimID)
        self.append(claim.generation)
    }
}
