import Postgres
package import Telephony

/// What a run needs to know besides the PBX's list.
package struct ReconcileTarget: Sendable {
    package var tenant: Tenant
    package var isMapped: Bool
    /// As the last listing that had the extension gave it; nil when none did.
    package var type: ExtensionType?
    /// True once the directory was read successfully.
    package var directoryIsKnown: Bool
    package var observedLimit: Int?
    /// What the last run left; nil when none has ended.
    package var state: SubscriptionState.State?
    /// Our rows that a run has left for good; others of ours come from a run that did not get through.
    package var settledRows: Set<Int64>

    /// Mapped, of a tenant that is active: it is to have its events.
    package var isWanted: Bool { self.isMapped && self.tenant.status == .active }
}

extension ReconcileClaims {
    /// What the run needs; nil when the tenant is gone.
    package func target(of claim: ReconcileClaim) async throws -> ReconcileTarget? {
        try await self.target(of: claim.scope, extensionID: claim.extensionID)
    }

    /// What a run over that extension would need; nil when the tenant is gone.
    package func target(of scope: TenantScope, extensionID: ExtensionID) async throws -> ReconcileTarget? {
        guard let tenant = try await self.postgres.first(FindTenant(id: scope.tenantID)),
            let facts = try await self.postgres.first(
                FindReconcileFacts(tenantID: scope.tenantID, extensionID: extensionID)
            )
        else { return nil }
        return ReconcileTarget(
            tenant: tenant,
            isMapped: facts.isMapped,
            type: facts.type,
            directoryIsKnown: facts.directoryIsKnown,
            observedLimit: facts.observedLimit,
            state: facts.state,
            settledRows: Set(facts.settledRows)
        )
    }
}

struct FindReconcileFacts: Statement {
    static let sql: StaticString = """
        SELECT
          EXISTS (SELECT FROM mappings m WHERE m.tenant_id = t.tenant_id AND m.extension_id = $2 AND m.valid_until IS NULL),
          (SELECT e.type FROM extensions e WHERE e.tenant_id = t.tenant_id AND e.extension_id = $2),
          EXISTS (SELECT FROM directory_syncs d WHERE d.tenant_id = t.tenant_id AND d.synced_at IS NOT NULL),
          (SELECT s.observed_limit FROM subscription_states s WHERE s.tenant_id = t.tenant_id AND s.extension_id = $2),
          (SELECT s.state FROM subscription_states s WHERE s.tenant_id = t.tenant_id AND s.extension_id = $2),
          ARRAY(SELECT s.event_id FROM subscriptions s
            WHERE s.tenant_id = t.tenant_id AND s.extension_id = $2 AND s.settled)
        FROM tenants t WHERE t.tenant_id = $1
        """
    var tenantID: TenantID
    var extensionID: ExtensionID

    struct Output: Sendable {
        var isMapped: Bool
        var type: ExtensionType?
        var directoryIsKnown: Bool
        var observedLimit: Int?
        var state: SubscriptionState.State?
        var settledRows: [Int64]
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            isMapped: try row.next(),
            type: try row.nextOptional(),
            directoryIsKnown: try row.next(),
            observedLimit: try row.nextOptional(Int32.self).map(Int.init),
            state: try row.nextOptional(),
            settledRows: try row.next()
        )
    }
}
