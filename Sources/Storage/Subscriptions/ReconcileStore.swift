import Postgres
package import Telephony

extension TenantTransaction {
    /// The tenant's reconcile to-dos and states.
    package var reconcile: ReconcileStore { ReconcileStore(transaction: self) }
}

/// Asks for reconcile runs of one tenant and reads what they left.
package struct ReconcileStore: Sendable {
    let transaction: TenantTransaction

    /// Of a large change only so many runs are somebody's to wait for; the rest is ordinary work. Otherwise one upload of a
    /// thousand phones would use up the reserve that edits of others have (30 phones cost 150 requests, 15 % of a thousand).
    package static let interactiveAtMost = 30

    /// Writes to-do rows and wakes the workers: for `changed`, and for those of `mapped` that are not active and
    /// not about to be: what waits for its turn keeps it.
    package func requestWhereNeeded(
        _ changed: [ExtensionID],
        amongMapped mapped: [ExtensionID]
    ) async throws -> [ReconcileTicket] {
        let tickets = try await self.transaction.postgres.execute(
            RequestReconcile(
                tenantID: self.transaction.tenantID,
                changed: changed.map(\.rawValue),
                mapped: mapped.map(\.rawValue)
            )
        )
        if !tickets.isEmpty {
            try await self.transaction.postgres.notify(channel: Channel.reconcile, payload: "")
        }
        return tickets
    }

    /// Gives a mapped extension a new event token: the old one is retired, and its rows on the PBX are changed in place.
    ///
    /// `keyRing`: seals the new token.
    /// `generator`: the source of the new token; it must be cryptographic.
    /// - Returns: what to wait for; nil when the extension is not mapped.
    package func rotateToken(
        of extensionID: ExtensionID,
        keyRing: KeyRing,
        using generator: inout some RandomNumberGenerator
    ) async throws -> ReconcileTicket? {
        // Under the lock that serialises changes of mappings: an extension has one live token.
        let mappings = try await self.transaction.mappings.lockCurrent().mappings
        guard mappings.contains(where: { $0.extensionID == extensionID }) else { return nil }
        let token = try NewEventToken(
            scope: self.transaction.scope,
            extensionID: extensionID,
            token: EventToken.generate(using: &generator),
            keyRing: keyRing
        )
        let tenantID = self.transaction.tenantID
        _ = try await self.transaction.postgres.execute(
            RetireEventTokens(tenantID: tenantID, extensionIDs: [extensionID.rawValue])
        )
        _ = try await self.transaction.postgres.execute(InsertEventTokens(tenantID: tenantID, tokens: [token]))
        return try await self.requestWhereNeeded([extensionID], amongMapped: []).first
    }

    /// The states of the tenant's extensions, by id.
    package func states() async throws -> [SubscriptionState] {
        try await self.transaction.postgres.execute(ListSubscriptionStates(tenantID: self.transaction.tenantID))
    }
}

struct RequestReconcile: Statement {
    static let sql: StaticString = """
        INSERT INTO reconcile_todos AS r (tenant_id, extension_id, interactive)
        SELECT $1, e.extension_id, row_number() OVER (ORDER BY min(e.place), e.extension_id) <= $4
        FROM (
          SELECT unnest($2::int8[]) AS extension_id, 1 AS place
          UNION ALL
          SELECT m.extension_id, 2 FROM unnest($3::int8[]) AS m (extension_id)
          LEFT JOIN subscription_states s ON s.tenant_id = $1 AND s.extension_id = m.extension_id
          LEFT JOIN reconcile_todos t ON t.tenant_id = $1 AND t.extension_id = m.extension_id
          WHERE s.state IN ('failed', 'removed') OR (s.state IS DISTINCT FROM 'active' AND t.tenant_id IS NULL)) AS e
        GROUP BY e.extension_id
        ORDER BY e.extension_id
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          generation = nextval('reconcile_generations'), interactive = r.interactive OR excluded.interactive,
          drift = false, due_at = now(), attempts = 0
        RETURNING extension_id, generation
        """
    var tenantID: String
    var changed: [Int64]
    var mapped: [Int64]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.changed)
        bindings.append(self.mapped)
        bindings.append(Int32(ReconcileStore.interactiveAtMost))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> ReconcileTicket {
        ReconcileTicket(extensionID: try row.next(), generation: try row.next())
    }
}

/// After a change of the tenant: credentials, PBX, status or settings may have been what stood in the way, or now do. It
/// concerns every extension that is mapped or may have rows of ours.
struct RequestTenantReconcile: Statement {
    static let sql: StaticString = """
        INSERT INTO reconcile_todos AS r (tenant_id, extension_id, interactive)
        SELECT $1, e.extension_id, row_number() OVER (ORDER BY e.extension_id) <= $2
        FROM (
          SELECT extension_id FROM mappings WHERE tenant_id = $1 AND valid_until IS NULL
          UNION
          SELECT extension_id FROM subscription_states WHERE tenant_id = $1 AND state <> 'removed'
          UNION
          SELECT extension_id FROM event_tokens WHERE tenant_id = $1 AND retired_at IS NOT NULL AND unused_since IS NULL)
          AS e
        ORDER BY e.extension_id
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          generation = nextval('reconcile_generations'), interactive = r.interactive OR excluded.interactive,
          drift = false, due_at = now(), attempts = 0
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(Int32(ReconcileStore.interactiveAtMost))
    }
}
