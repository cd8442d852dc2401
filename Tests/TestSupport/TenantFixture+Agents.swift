import FoundationEssentials
package import Storage
package import Telephony

extension TenantFixture {
    /// Records a listing of agents and their subscription as the agent reconciler would; gives the live token of each.
    ///
    /// The tenant must want agents' presence.
    package static func subscribe(
        _ agents: [(Int64, String?)],
        of scope: TenantScope,
        in database: Database,
        keyRing: KeyRing
    ) async throws -> [Int64: EventToken] {
        try await database.system { transaction in
            var generator = SystemRandomNumberGenerator()
            var tokens: [Int64: EventToken] = [:]
            let claims = try await transaction.agentClaims.claim(claimID: UUID(), leaseSeconds: 60, limit: 100)
            for claim in claims where claim.scope == scope {
                let listing = agents.map { ListedAgent(id: AgentID(rawValue: $0.0), extensionName: $0.1) }
                _ = try await transaction.agentClaims.record(
                    listing,
                    of: claim,
                    keyRing: keyRing,
                    using: &generator
                )
                for agent in listing {
                    _ = try await transaction.agentClaims.beginSubscription(of: agent.id, claim: claim)
                    try await transaction.agentClaims.finish(agent.id, isSubscribed: true, claim: claim)
                    tokens[agent.id.rawValue] =
                        try await transaction.agentTokens.tokens(of: scope, agentID: agent.id, keyRing: keyRing).live
                }
                try await transaction.agentClaims.finish(claim, problem: nil, outcome: .settled(nextInSeconds: 3600))
            }
            return tokens
        }
    }
}
