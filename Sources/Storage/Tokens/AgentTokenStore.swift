import Postgres
package import Telephony

/// Whose events a token of an agent's event URL brings.
package struct AgentTokenOwner: Hashable, Sendable {
    package var scope: TenantScope
    package var agentID: AgentID
}

extension SystemTransaction {
    /// Tokens of agents' event URLs, of all tenants.
    package var agentTokens: AgentTokenStore { AgentTokenStore(postgres: self.postgres) }
}

/// Looks up the tokens of agents across tenants. Their changes raise ``EventTokenStore/version()`` as extensions' do.
package struct AgentTokenStore: Sendable {
    let postgres: PostgresTransaction

    /// Every token that is accepted, by digest.
    package func owners() async throws -> [SecretDigest: AgentTokenOwner] {
        let rows = try await self.postgres.execute(ListAgentTokenOwners())
        return Dictionary(rows.map { ($0.digest, $0.owner) }, uniquingKeysWith: { first, _ in first })
    }

    /// The opened tokens of one agent; none is live while the PBX's listing does not have it.
    ///
    /// - Throws: ``KeyRing/OpenError`` when the key ring lacks the key of one: without it a row of ours would look foreign.
    package func tokens(of scope: TenantScope, agentID: AgentID, keyRing: KeyRing) async throws -> EventTokens {
        let rows = try await self.postgres.execute(ListAgentTokens(tenantID: scope.tenantID, agentID: agentID))
        return try EventTokens(
            opening: rows,
            with: keyRing,
            context: .agentToken(of: scope.tenantID, agentID: agentID)
        )
    }

    /// Makes a live token for each of the agents.
    ///
    /// `generator`: the source of the tokens; it must be cryptographic.
    func make(
        for agents: [AgentID],
        of scope: TenantScope,
        keyRing: KeyRing,
        using generator: inout some RandomNumberGenerator
    ) async throws {
        let tokens = try agents.map { agentID in
            let token = EventToken.generate(using: &generator)
            return NewAgentToken(
                agentID: agentID,
                digest: SecretDigest(of: token.text),
                sealed: try keyRing.seal(
                    token.text,
                    context: .agentToken(of: scope.tenantID, agentID: agentID)
                )
            )
        }
        _ = try await self.postgres.execute(InsertAgentTokens(tenantID: scope.tenantID, tokens: tokens))
    }
}

/// A token of an agent on its way into the table.
struct NewAgentToken: Sendable {
    var agentID: AgentID
    var digest: SecretDigest
    var sealed: String
}

struct ListAgentTokenOwners: Statement {
    static let sql: StaticString = """
        SELECT a.digest, a.tenant_id, a.agent_id FROM agent_tokens a JOIN tenants t USING (tenant_id)
        WHERE t.status <> 'removing'
        """

    struct Output: Sendable {
        var digest: SecretDigest
        var owner: AgentTokenOwner
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            digest: SecretDigest(stored: try row.next()),
            owner: AgentTokenOwner(scope: TenantScope(tenantID: try row.next()), agentID: try row.next())
        )
    }
}

struct ListAgentTokens: Statement {
    static let sql: StaticString = """
        SELECT sealed, retired_at IS NULL FROM agent_tokens WHERE tenant_id = $1 AND agent_id = $2
        """
    var tenantID: TenantID
    var agentID: AgentID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.agentID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SealedToken { try SealedToken(row: &row) }
}

struct RetireAgentTokens: Statement {
    static let sql: StaticString = """
        UPDATE agent_tokens SET retired_at = now() WHERE tenant_id = $1 AND agent_id = ANY ($2) AND retired_at IS NULL
        """
    var tenantID: TenantID
    var agentIDs: [AgentID]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.agentIDs.map(\.rawValue))
    }
}

struct InsertAgentTokens: Statement {
    static let sql: StaticString = """
        INSERT INTO agent_tokens (tenant_id, agent_id, digest, sealed)
        SELECT $1, t.agent_id, t.digest, t.sealed
        FROM unnest($2::int8[], $3::bytea[], $4::text[]) AS t (agent_id, digest, sealed)
        """
    var tenantID: TenantID
    var tokens: [NewAgentToken]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.tokens.map(\.agentID.rawValue))
        bindings.append(self.tokens.map(\.digest.bytes))
        bindings.append(self.tokens.map(\.sealed))
    }
}
