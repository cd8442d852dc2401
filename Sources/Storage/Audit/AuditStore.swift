package import Postgres
package import Telephony

/// One line of the audit log. `before` and `after` are JSON objects without secrets.
package struct AuditEntry: Sendable {
    package var actor: String
    package var action: String
    package var target: String
    package var before: PostgresJSON?
    package var after: PostgresJSON?
    package var requestID: String?

    package init(
        actor: String,
        action: String,
        target: String,
        before: PostgresJSON? = nil,
        after: PostgresJSON? = nil,
        requestID: String? = nil
    ) {
        self.actor = actor
        self.action = action
        self.target = target
        self.before = before
        self.after = after
        self.requestID = requestID
    }
}

extension SystemTransaction {
    /// Appends to the audit log; `tenantID` is nil for what concerns no tenant.
    package func audit(_ entry: AuditEntry, tenantID: TenantID?) async throws {
        _ = try await self.postgres.execute(AppendAudit(tenantID: tenantID?.rawValue ?? "", entry: entry))
    }
}

extension TenantTransaction {
    /// Appends to the tenant's audit log.
    package func audit(_ entry: AuditEntry) async throws {
        _ = try await self.postgres.execute(AppendAudit(tenantID: self.tenantID, entry: entry))
    }
}

struct AppendAudit: Statement {
    static let sql: StaticString = """
        INSERT INTO audit_log (tenant_id, actor, action, target, before, after, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """
    var tenantID: String
    var entry: AuditEntry

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.entry.actor)
        bindings.append(self.entry.action)
        bindings.append(self.entry.target)
        bindings.append(self.entry.before)
        bindings.append(self.entry.after)
        bindings.append(self.entry.requestID)
    }
}
