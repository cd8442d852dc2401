import Postgres

extension SystemTransaction {
    /// Compares `PUBLIC_URL` with the one that the rows on the PBXs were last brought to; when it is another one, every
    /// extension that may have rows of ours becomes due, and every tenant's agents. Several processes may do so at once.
    ///
    /// - Returns: how many extensions became due.
    package func adoptPublicURL(_ url: String) async throws -> Int {
        let count = try await self.postgres.affectedRows(AdoptPublicURL(url: url))
        if count > 0 {
            try await self.postgres.notify(channel: Channel.reconcile, payload: "")
        }
        return count
    }
}

struct AdoptPublicURL: Statement {
    static let sql: StaticString = """
        WITH moved AS (
          INSERT INTO last_public_url AS l (url) VALUES ($1)
          ON CONFLICT (only_row) DO UPDATE SET url = excluded.url WHERE l.url <> excluded.url
          RETURNING url),
        agents AS (
          UPDATE agent_syncs SET generation = generation + 1, due_at = now(), attempts = 0
          WHERE EXISTS (SELECT FROM moved))
        INSERT INTO reconcile_todos (tenant_id, extension_id)
        SELECT s.tenant_id, s.extension_id FROM subscription_states s
        WHERE s.state <> 'removed' AND EXISTS (SELECT FROM moved)
        ORDER BY s.tenant_id, s.extension_id
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          generation = nextval('reconcile_generations'), drift = false, due_at = now(), attempts = 0
        """
    var url: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.url) }
}
