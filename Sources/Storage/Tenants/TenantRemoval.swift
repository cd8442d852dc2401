import Postgres
package import Telephony

/// An event row of ours that is still on the PBX, as far as is known.
package struct RemainingRow: Hashable, Sendable {
    package var extensionID: ExtensionID
    package var eventID: Int64
    package var eventType: String
}

/// An extension of which the PBX has not confirmed yet that it has no row of ours.
package struct RemainingExtension: Hashable, Sendable {
    package var id: ExtensionID
    /// What is in the way.
    package var problem: Problem?
}

/// What keeps a tenant from being gone.
package struct RemovalProgress: Hashable, Sendable {
    /// Our rows on the PBX.
    package var rows: [RemainingRow]
    package var extensions: [RemainingExtension]
    /// Queue agents of which the PBX has not confirmed yet that they have no row of ours, by their numbers on the PBX.
    package var agents: [Int64]
}

extension SystemTransaction {
    /// The removal of tenants.
    package var removals: TenantRemovals { TenantRemovals(postgres: self.postgres) }
}

/// Removes tenants (decisions section 8): from the moment it begins the tenant's keys and tokens stop; its rows on the PBX
/// are to-dos of the reconcile workers; when none is left, its data is erased.
package struct TenantRemovals: Sendable {
    let postgres: PostgresTransaction

    /// Begins the removal. Repeated, it changes nothing.
    ///
    /// - Returns: the tenant as it was before; nil when there is none.
    package func begin(_ id: TenantID) async throws -> Tenant? {
        guard let before = try await self.postgres.first(LockTenant(id: id)) else { return nil }
        guard before.status != .removing else { return before }
        _ = try await self.postgres.execute(BeginTenantRemoval(id: id))
        _ = try await self.postgres.execute(RequestTenantReconcile(tenantID: id))
        _ = try await self.postgres.execute(RequestAgentSync(tenantID: id))
        try await self.postgres.notify(channel: Channel.reconcile, payload: "")
        return before
    }

    /// What keeps the tenant from being gone.
    package func progress(of id: TenantID) async throws -> RemovalProgress {
        RemovalProgress(
            rows: try await self.postgres.execute(ListRemainingRows(tenantID: id)),
            extensions: try await self.postgres.execute(ListRemainingExtensions(tenantID: id)),
            agents: try await self.postgres.execute(ListRemainingAgents(tenantID: id))
        )
    }

    /// How many rows of the tenant each table holds.
    package func rowCounts(of id: TenantID) async throws -> [(table: String, rows: Int64)] {
        try await self.postgres.execute(CountTenantRows(tenantID: id))
    }

    /// The tenants being removed of which the PBX has nothing any more.
    package func erasable() async throws -> [TenantID] {
        try await self.postgres.execute(ListErasableTenants())
    }
}

extension Database {
    /// Erases all data of a tenant that is being removed, and the tenant: in batches, a transaction each, so that nobody else
    /// waits.
    ///
    /// - Returns: false when there is no such tenant, or another process is at it.
    package func eraseTenant(_ id: TenantID, batch: Int = 5_000) async throws -> Bool {
        let batch = Int32(clamping: batch)
        while true {
            let erased = try await self.system { transaction in
                try await transaction.postgres.first(EraseTenantRows(tenantID: id, batch: batch))
            }
            guard let erased = erased ?? nil else { return false }
            guard erased == 0 else { continue }
            let isGone = try await self.system { transaction in
                let isGone =
                    try await transaction.postgres.first(FinishTenantRemoval(tenantID: id, batch: batch)) ?? false
                if isGone {
                    try await transaction.postgres.notify(channel: Channel.reconciled, of: id)
                }
                return isGone
            }
            if isGone { return true }
        }
    }
}

struct LockTenant: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, name, locale, time_zone, status, pbx_url, pbx_client_id, pbx_app_id, pbx_app_secret_sealed,
          external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds, stale_after_seconds,
          event_limit, call_retention_days, version, pbx_client_resolved, created_at, updated_at
        FROM tenants WHERE tenant_id = $1 FOR UPDATE
        """
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Tenant { try Tenant(row: &row) }
}

struct BeginTenantRemoval: Statement {
    static let sql: StaticString = """
        UPDATE tenants SET status = 'removing', version = version + 1, updated_at = now()
        WHERE tenant_id = $1 AND status <> 'removing'
        """
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
}

struct ListRemainingRows: Statement {
    static let sql: StaticString = """
        SELECT extension_id, event_id, event_type FROM subscriptions WHERE tenant_id = $1 ORDER BY extension_id, event_id
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> RemainingRow {
        RemainingRow(extensionID: try row.next(), eventID: try row.next(), eventType: try row.next())
    }
}

/// An extension has at most one problem of reconcile.
struct ListRemainingExtensions: Statement {
    static let sql: StaticString = """
        SELECT r.extension_id, p.code, p.data
        FROM reconcile_todos r
        LEFT JOIN LATERAL (
          SELECT code, data FROM problems p
          WHERE p.tenant_id = r.tenant_id AND p.extension_id = r.extension_id
            AND p.code IN ('credentials_rejected', 'access_denied', 'rate_limited', 'pbx_unreachable')
          ORDER BY p.since DESC LIMIT 1) AS p ON true
        WHERE r.tenant_id = $1 ORDER BY r.extension_id
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> RemainingExtension {
        let id: ExtensionID = try row.next()
        let code: Problem.Code? = try row.nextOptional()
        let data: PostgresJSON? = try row.nextOptional()
        guard let code, let data else { return RemainingExtension(id: id) }
        return RemainingExtension(id: id, problem: Problem(code: code, data: data))
    }
}

struct ListRemainingAgents: Statement {
    static let sql: StaticString =
        "SELECT agent_id FROM agents WHERE tenant_id = $1 AND subscribed ORDER BY agent_id"
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

struct CountTenantRows: Statement {
    static let sql: StaticString = """
        SELECT table_name, sum(row_count)::int8 FROM count_tenant_rows($1) GROUP BY table_name ORDER BY table_name
        """
    var tenantID: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> (table: String, rows: Int64) {
        (try row.next(), try row.next())
    }
}

struct ListErasableTenants: Statement {
    static let sql: StaticString = """
        SELECT tenant_id FROM tenants t
        WHERE status = 'removing' AND NOT EXISTS (SELECT FROM reconcile_todos r WHERE r.tenant_id = t.tenant_id)
          AND NOT EXISTS (SELECT FROM agents a WHERE a.tenant_id = t.tenant_id AND a.subscribed)
        ORDER BY tenant_id
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> TenantID { try row.next() }
}

struct EraseTenantRows: Statement {
    static let sql: StaticString = "SELECT erase_tenant_rows($1, $2)"
    var tenantID: TenantID
    var batch: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.batch)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64? { try row.nextOptional() }
}

struct FinishTenantRemoval: Statement {
    static let sql: StaticString = "SELECT finish_tenant_removal($1, $2)"
    var tenantID: TenantID
    var batch: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.batch)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}
