import Postgres
import Telephony

/// Our rows on the PBX as they are recorded, so that what a run that dies has left is known.
extension ReconcileClaims {
    /// Records a row that this run has just added, while its lease holds: what the run leaves when it dies is then known.
    package func noteAdded(_ claim: ReconcileClaim, eventID: Int64, eventType: String) async throws {
        _ = try await self.postgres.execute(
            InsertUnsettledSubscription(claim: claim, eventID: eventID, eventType: eventType)
        )
    }

    /// Records that the PBX has confirmed that our row is gone.
    package func noteDeleted(_ claim: ReconcileClaim, eventID: Int64) async throws {
        _ = try await self.postgres.execute(DeleteSubscription(claim: claim, eventID: eventID))
    }
}

struct ReplaceSubscriptions: Statement {
    static let sql: StaticString = """
        WITH gone AS (
          DELETE FROM subscriptions WHERE tenant_id = $1 AND extension_id = $2 AND event_id <> ALL ($3))
        INSERT INTO subscriptions (tenant_id, extension_id, event_id, event_type)
        SELECT $1, $2, r.event_id, r.event_type FROM unnest($3::int8[], $4::text[]) AS r (event_id, event_type)
        ON CONFLICT (tenant_id, extension_id, event_id) DO UPDATE SET
          event_type = excluded.event_type, settled = true, recorded_at = now()
        """
    var tenantID: TenantID
    var extensionID: ExtensionID
    var eventIDs: [Int64]
    var eventTypes: [String]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionID)
        bindings.append(self.eventIDs)
        bindings.append(self.eventTypes)
    }
}

struct InsertUnsettledSubscription: Statement {
    static let sql: StaticString = """
        INSERT INTO subscriptions (tenant_id, extension_id, event_id, event_type, settled)
        SELECT $1, $2, $4, $5, false FROM reconcile_todos WHERE tenant_id = $1 AND extension_id = $2 AND claim_id = $3
        ON CONFLICT (tenant_id, extension_id, event_id) DO UPDATE SET event_type = excluded.event_type, settled = false
        """
    var claim: ReconcileClaim
    var eventID: Int64
    var eventType: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.claim.claimID)
        bindings.append(self.eventID)
        bindings.append(self.eventType)
    }
}

/// Whoever holds the lease: the PBX has said that the row is gone.
struct DeleteSubscription: Statement {
    static let sql: StaticString = """
        DELETE FROM subscriptions WHERE tenant_id = $1 AND extension_id = $2 AND event_id = $3
        """
    var claim: ReconcileClaim
    var eventID: Int64

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.eventID)
    }
}
