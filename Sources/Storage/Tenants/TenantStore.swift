import Postgres
package import Telephony

extension SystemTransaction {
    /// The tenants, as operators keep them.
    package var tenants: TenantStore { TenantStore(postgres: self.postgres) }
}

/// Reads and writes tenants across tenants: the operator's view.
package struct TenantStore: Sendable {
    let postgres: PostgresTransaction

    /// What an operator says about a tenant; everything that the database adds is left out.
    package struct Definition: Sendable {
        package var id: TenantID
        package var name: String
        package var locale: Language
        package var timeZone: String
        package var status: Tenant.Status
        package var pbx: Tenant.PBX
        package var settings: TenantSettings

        package init(
            id: TenantID,
            name: String,
            locale: Language,
            timeZone: String,
            status: Tenant.Status,
            pbx: Tenant.PBX,
            settings: TenantSettings
        ) {
            self.id = id
            self.name = name
            self.locale = locale
            self.timeZone = timeZone
            self.status = status
            self.pbx = pbx
            self.settings = settings
        }
    }

    /// Whether the database's time zone table has this name.
    package func knowsTimeZone(_ name: String) async throws -> Bool {
        try await self.postgres.first(TimeZoneExists(name: name)) ?? false
    }

    /// The scope of a tenant that exists and is not being removed; nil otherwise.
    package func scope(of id: TenantID) async throws -> TenantScope? {
        guard let tenant = try await self.find(id), tenant.status != .removing else { return nil }
        return TenantScope(tenantID: tenant.id)
    }

    /// The tenant, whatever its status.
    package func find(_ id: TenantID) async throws -> Tenant? {
        try await self.postgres.first(FindTenant(id: id))
    }

    /// The tenant, whatever its status, as it stays until the transaction ends: for who writes back what is read here. Without
    /// it the app secret that ``Database/rekey(with:by:batch:)`` seals meanwhile would be overwritten by the one that was read.
    package func hold(_ id: TenantID) async throws -> Tenant? {
        _ = try await self.postgres.execute(HoldTenant(id: id))
        return try await self.find(id)
    }

    /// A page of tenants in the order of their ids, after `after`.
    package func list(after: TenantID?, limit: Int) async throws -> [Tenant] {
        try await self.postgres.execute(ListTenants(after: after, limit: Int32(clamping: limit)))
    }

    /// Suspends a tenant as it was read; false when it was changed since.
    package func suspend(_ tenant: Tenant) async throws -> Bool {
        let definition = Definition(
            id: tenant.id,
            name: tenant.name,
            locale: tenant.locale,
            timeZone: tenant.timeZone,
            status: .suspended,
            pbx: tenant.pbx,
            settings: tenant.settings
        )
        return try await self.put(definition, ifVersion: tenant.version) != nil
    }

    /// Creates or replaces a tenant, with the rows that each tenant has: feed counter, mapping set, directory to-do,
    /// search for recordings.
    ///
    /// `version`: the version that must be there; nil: any, or none.
    /// Returns the tenant as stored, its version grown by one when it was there; nil when `version` is stale.
    package func put(_ definition: Definition, ifVersion version: Int64? = nil) async throws -> Tenant? {
        let old = try await self.find(definition.id)
        guard let tenant = try await self.postgres.first(PutTenant(definition: definition, version: version)) else {
            return nil
        }
        _ = try await self.postgres.execute(EnsureTenantRows(id: definition.id))
        if old?.pbx != tenant.pbx {
            _ = try await self.postgres.execute(RequestDirectorySync(id: definition.id))
        }
        if let old, !old.wantsTheSameSubscriptions(as: tenant) {
            _ = try await self.postgres.execute(RequestTenantReconcile(tenantID: definition.id))
            try await self.postgres.notify(channel: Channel.reconcile, payload: "")
        }
        if old?.wantsTheSameSubscriptions(as: tenant) != true {
            _ = try await self.postgres.execute(RequestAgentSync(tenantID: definition.id))
            try await self.postgres.notify(channel: Channel.agents, payload: "")
        }
        try await self.postgres.notify(channel: Channel.directory, payload: "")
        return tenant
    }
}

extension Tenant {
    /// Whether a run on the PBX would find the same work: same PBX and credentials, status, limit and agents' presence.
    fileprivate func wantsTheSameSubscriptions(as other: Tenant) -> Bool {
        self.pbx == other.pbx && self.status == other.status
            && self.settings.eventLimit == other.settings.eventLimit
            && self.settings.agentPresence == other.settings.agentPresence
    }
}

extension SystemTransaction {
    /// Stores what `@me` stands for, unless the tenant was changed since `version`.
    package func resolvePBXClient(of scope: TenantScope, version: Int64, as pbxClient: String) async throws {
        _ = try await self.postgres.execute(
            ResolvePBXClient(tenantID: scope.tenantID, version: version, pbxClient: pbxClient)
        )
    }
}

struct PutTenant: Statement {
    static let sql: StaticString = """
        INSERT INTO tenants (tenant_id, name, locale, time_zone, status, pbx_url, pbx_client_id, pbx_app_id,
          pbx_app_secret_sealed, external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds,
          stale_after_seconds, event_limit, call_retention_days)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (tenant_id) DO UPDATE SET
          name = excluded.name, locale = excluded.locale, time_zone = excluded.time_zone, status = excluded.status,
          pbx_url = excluded.pbx_url, pbx_client_id = excluded.pbx_client_id, pbx_app_id = excluded.pbx_app_id,
          pbx_client_resolved = CASE
            WHEN (tenants.pbx_url, tenants.pbx_client_id, tenants.pbx_app_id)
              IS NOT DISTINCT FROM (excluded.pbx_url, excluded.pbx_client_id, excluded.pbx_app_id)
            THEN tenants.pbx_client_resolved END,
          pbx_app_secret_sealed = excluded.pbx_app_secret_sealed, external_only = excluded.external_only,
          record_unanswered_outgoing = excluded.record_unanswered_outgoing, direct_missed = excluded.direct_missed,
          agent_presence = excluded.agent_presence, grace_seconds = excluded.grace_seconds,
          stale_after_seconds = excluded.stale_after_seconds, event_limit = excluded.event_limit,
          call_retention_days = excluded.call_retention_days,
          version = tenants.version + 1, updated_at = now()
        WHERE $18::int8 IS NULL OR tenants.version = $18
        RETURNING tenant_id, name, locale, time_zone, status, pbx_url, pbx_client_id, pbx_app_id, pbx_app_secret_sealed,
          external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds, stale_after_seconds,
          event_limit, call_retention_days, version, pbx_client_resolved, created_at, updated_at
        """
    var definition: TenantStore.Definition
    var version: Int64?

    func bind(_ bindings: inout Bindings) {
        let settings = self.definition.settings
        bindings.append(self.definition.id)
        bindings.append(self.definition.name)
        bindings.append(self.definition.locale)
        bindings.append(self.definition.timeZone)
        bindings.append(self.definition.status)
        bindings.append(self.definition.pbx.url)
        bindings.append(self.definition.pbx.clientID)
        bindings.append(self.definition.pbx.appID)
        bindings.append(self.definition.pbx.sealedAppSecret)
        bindings.append(settings.externalOnly)
        bindings.append(settings.recordUnansweredOutgoing)
        bindings.append(settings.directMissed)
        bindings.append(settings.agentPresence)
        bindings.append(settings.graceSeconds)
        bindings.append(Int32(clamping: settings.staleAfterSeconds))
        bindings.append(Int32(clamping: settings.eventLimit))
        bindings.append(settings.callRetentionDays.map { Int32(clamping: $0) })
        bindings.append(self.version)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Tenant { try Tenant(row: &row) }
}

struct FindTenant: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, name, locale, time_zone, status, pbx_url, pbx_client_id, pbx_app_id, pbx_app_secret_sealed,
          external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds, stale_after_seconds,
          event_limit, call_retention_days, version, pbx_client_resolved, created_at, updated_at
        FROM tenants WHERE tenant_id = $1
        """
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Tenant { try Tenant(row: &row) }
}

struct HoldTenant: Statement {
    static let sql: StaticString = "SELECT tenant_id FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE"
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
}

struct ListTenants: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, name, locale, time_zone, status, pbx_url, pbx_client_id, pbx_app_id, pbx_app_secret_sealed,
          external_only, record_unanswered_outgoing, direct_missed, agent_presence, grace_seconds, stale_after_seconds,
          event_limit, call_retention_days, version, pbx_client_resolved, created_at, updated_at
        FROM tenants WHERE ($1::text IS NULL OR tenant_id > $1) ORDER BY tenant_id LIMIT $2
        """
    var after: TenantID?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.after)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Tenant { try Tenant(row: &row) }
}

/// The rows that each tenant has from its beginning.
struct EnsureTenantRows: Statement {
    static let sql: StaticString = """
        WITH feed AS (INSERT INTO tenant_feeds (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING),
        mapping_set AS (INSERT INTO mapping_sets (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING),
        search AS (INSERT INTO recording_searches (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING)
        INSERT INTO directory_syncs (tenant_id) VALUES ($1) ON CONFLICT (tenant_id) DO NOTHING
        """
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
}

struct TimeZoneExists: Statement {
    static let sql: StaticString = "SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)"
    var name: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.name) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

/// A sealed app secret under each key that is in use.
struct SampleSealedSecrets: Statement {
    static let sql: StaticString = """
        SELECT DISTINCT ON (split_part(pbx_app_secret_sealed, '.', 2)) tenant_id, pbx_app_secret_sealed FROM tenants
        """

    struct Output: Sendable {
        var tenantID: TenantID
        var sealed: String
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(tenantID: try row.next(), sealed: try row.next())
    }
}

extension SystemTransaction {
    /// Proves that the key ring opens what is stored, by one secret under each key in use.
    ///
    /// - Throws: ``KeyRing/OpenError`` when it does not.
    package func proveKeyRing(_ keyRing: KeyRing) async throws {
        for sample in try await self.postgres.execute(SampleSealedSecrets()) {
            _ = try keyRing.open(sample.sealed, context: .appSecret(of: sample.tenantID))
        }
    }
}

struct ResolvePBXClient: Statement {
    static let sql: StaticString = """
        UPDATE tenants SET pbx_client_resolved = $3 WHERE tenant_id = $1 AND version = $2
        """
    var tenantID: TenantID
    var version: Int64
    var pbxClient: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.version)
        bindings.append(self.pbxClient)
    }
}

extension Tenant {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(),
            name: try row.next(),
            locale: try row.next(),
            timeZone: try row.next(),
            status: try row.next(),
            pbx: PBX(
                url: try row.nextOptional(),
                clientID: try row.next(),
                appID: try row.next(),
                sealedAppSecret: try row.next()
            ),
            settings: try TenantSettings(row: &row),
            version: try row.next(),
            resolvedPBXClient: try row.nextOptional(),
            createdAt: try row.next(),
            updatedAt: try row.next()
        )
    }
}

extension Tenant.Status: PostgresEncodable, PostgresDecodable {}
extension Language: PostgresEncodable, PostgresDecodable {}
