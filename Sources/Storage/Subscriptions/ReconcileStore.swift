import FoundationEssentials
import Postgres
package import Telephony

/// What the last reconcile run of an extension left.
package struct SubscriptionState: Hashable, Sendable {
    /// `pending`: a run is to come or to be repeated; `removed`: the extension is not mapped and has no row of ours.
    package enum State: String, CaseIterable, Sendable { case active, pending, failed, removed }

    /// The event rows of the extension on the PBX, as the last list showed them.
    package struct Slots: Hashable, Sendable {
        package var limit: Int
        package var used: Int
        package var ours: Int
        package var foreignHosts: [String: Int]

        package init(limit: Int, used: Int, ours: Int, foreignHosts: [String: Int]) {
            self.limit = limit
            self.used = used
            self.ours = ours
            self.foreignHosts = foreignHosts
        }
    }

    package var extensionID: ExtensionID
    package var state: State
    /// Of the to-do that the last ended run served.
    package var generation: Int64
    /// Nil before the first list.
    package var slots: Slots?
    package var missing: [String]
    package var added: [String]
    package var removed: [String]
    /// The limit that the PBX showed by a refusal, when it differs from the tenant's setting.
    package var observedLimit: Int?

    package init(
        extensionID: ExtensionID,
        state: State,
        generation: Int64,
        slots: Slots? = nil,
        missing: [String] = [],
        added: [String] = [],
        removed: [String] = [],
        observedLimit: Int? = nil
    ) {
        self.extensionID = extensionID
        self.state = state
        self.generation = generation
        self.slots = slots
        self.missing = missing
        self.added = added
        self.removed = removed
        self.observedLimit = observedLimit
    }
}

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

struct ListSubscriptionStates: Statement {
    static let sql: StaticString = """
        SELECT extension_id, state, generation, slot_limit, slots_used, slots_ours, foreign_hosts, missing, added, removed,
          observed_limit
        FROM subscription_states WHERE tenant_id = $1 ORDER BY extension_id
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> SubscriptionState {
        try SubscriptionState(row: &row)
    }
}

extension SubscriptionState {
    init(row: inout Row) throws(PostgresError) {
        self.extensionID = try row.next()
        self.state = try row.next()
        self.generation = try row.next()
        let limit = try row.nextOptional(Int32.self)
        let used = try row.nextOptional(Int32.self)
        let ours = try row.nextOptional(Int32.self)
        let hosts = try row.next(PostgresJSON.self)
        if let limit, let used, let ours {
            self.slots = Slots(
                limit: Int(limit),
                used: Int(used),
                ours: Int(ours),
                foreignHosts: HostCounts.decode(hosts)
            )
        } else {
            self.slots = nil
        }
        self.missing = try row.next()
        self.added = try row.next()
        self.removed = try row.next()
        self.observedLimit = try row.nextOptional(Int32.self).map(Int.init)
    }
}

/// `{host: number of rows}` as jsonb.
enum HostCounts {
    static func encode(_ hosts: [String: Int]) throws -> PostgresJSON {
        PostgresJSON(bytes: Array(try JSONEncoder().encode(hosts)))
    }

    static func decode(_ json: PostgresJSON) -> [String: Int] {
        (try? JSONDecoder().decode([String: Int].self, from: Data(json.bytes))) ?? [:]
    }
}

extension SubscriptionState.State: PostgresEncodable, PostgresDecodable {}
