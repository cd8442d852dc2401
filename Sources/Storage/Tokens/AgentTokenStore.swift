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

    /// Records that the PBX has no row of the agent with these retired tokens; they are forgotten when that is 24 h old.
    ///
    /// `seen`: of them the ones that this run found on rows and took away.
    package func noteUnused(
        _ tokens: Set<EventToken>,
        seen: Set<EventToken>,
        of scope: TenantScope,
        agentID: AgentID
    ) async throws {
        guard !tokens.isEmpty else { return }
        _ = try await self.postgres.execute(
            NoteUnusedAgentTokens(
                tenantID: scope.tenantID,
                agentID: agentID,
                digests: tokens.map { SecretDigest(of: $0.text).bytes },
                seen: seen.map { SecretDigest(of: $0.text).bytes }
            )
        )
    }

    /// Forgets the retired tokens that the PBX has had no row with for `seconds`; returns how many.
    package func forgetUnused(forSeconds seconds: Int) async throws -> Int {
        try await self.postgres.affectedRows(ForgetUnusedAgentTokens(unusedForSeconds: Int32(clamping: seconds)))
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

/// Of an agent without a row of ours no run will look whether the token is still used.
struct RetireAgentTokens: Statement {
    static let sql: StaticString = """
        UPDATE agent_tokens t SET retired_at = now(), unused_since = CASE WHEN NOT a.subscribed THEN now() END
        FROM agents a
        WHERE t.tenant_id = $1 AND t.agent_id = ANY ($2) AND t.retired_at IS NULL
          AND a.tenant_id = $1 AND a.agent_id = t.agent_id
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

/// A token that was seen on a row again has been unused only since that row went.
struct NoteUnusedAgentTokens: Statement {
    static let sql: StaticString = """
        UPDATE agent_tokens SET unused_since = now()
        WHERE tenant_id = $1 AND agent_id = $2 AND digest = ANY ($3) AND retired_at IS NOT NULL
          AND (unused_since IS NULL OR digest = ANY ($4))
        """
    var tenantID: TenantID
    var agentID: AgentID
    var digests: [[UInt8]]
    var seen: [[UInt8]]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.agentID)
        bindings.append(self.digests)
        bindings.append(self.seen)
    }
}

struct ForgetUnusedAgentTokens: Statement {
    static let sql: StaticString = """
        DELETE FROM agent_tokens WHERE retired_at IS NOT NULL AND unused_since < now() - $1 * interval '1 second'
        """
    var unusedForSeconds: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.unusedForSeconds) }
}
