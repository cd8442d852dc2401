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

struct WriteSubscriptionState: Statement {
    static let sql: StaticString = """
        INSERT INTO subscription_states (tenant_id, extension_id, state, generation, slot_limit, slots_used, slots_ours,
          foreign_hosts, missing, added, removed, observed_limit)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          state = excluded.state, generation = excluded.generation,
          slot_limit = coalesce(excluded.slot_limit, subscription_states.slot_limit),
          slots_used = coalesce(excluded.slots_used, subscription_states.slots_used),
          slots_ours = coalesce(excluded.slots_ours, subscription_states.slots_ours),
          foreign_hosts = CASE WHEN excluded.slot_limit IS NULL
            THEN subscription_states.foreign_hosts ELSE excluded.foreign_hosts END,
          missing = excluded.missing, added = excluded.added, removed = excluded.removed,
          observed_limit = excluded.observed_limit, checked_at = now()
        """
    var tenantID: TenantID
    var state: SubscriptionState
    var foreignHosts: PostgresJSON

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.state.extensionID)
        bindings.append(self.state.state)
        bindings.append(self.state.generation)
        bindings.append(self.state.slots.map { Int32(clamping: $0.limit) })
        bindings.append(self.state.slots.map { Int32(clamping: $0.used) })
        bindings.append(self.state.slots.map { Int32(clamping: $0.ours) })
        bindings.append(self.foreignHosts)
        bindings.append(self.state.missing)
        bindings.append(self.state.added)
        bindings.append(self.state.removed)
        bindings.append(self.state.observedLimit.map { Int32(clamping: $0) })
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
                foreignHosts: try HostCounts.decode(hosts)
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

    static func decode(_ json: PostgresJSON) throws(PostgresError) -> [String: Int] {
        do {
            return try JSONDecoder().decode([String: Int].self, from: Data(json.bytes))
        } catch {
            throw PostgresError(.decoding, message: "foreign_hosts holds no counts")
        }
    }
}

extension SubscriptionState.State: PostgresEncodable, PostgresDecodable {}
