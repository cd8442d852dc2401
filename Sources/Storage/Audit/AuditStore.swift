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

/// A line of the audit log as it is read.
package struct AuditLine: Sendable {
    package var position: LogPosition
    /// Nil: it concerns no tenant.
    package var tenantID: TenantID?
    package var entry: AuditEntry

    package var at: Timestamp { self.position.at }
}

/// Which lines of the audit log are read; nil is any.
package struct AuditFilter: Hashable, Sendable {
    /// At or after.
    package var since: Timestamp?
    package var action: String?

    package init(since: Timestamp? = nil, action: String? = nil) {
        self.since = since
        self.action = action
    }
}

extension SystemTransaction {
    /// The log of all tenants and of what concerns none, newest first, before `position`.
    package func auditLines(
        _ filter: AuditFilter,
        before position: LogPosition?,
        limit: Int
    ) async throws -> [AuditLine] {
        try await self.postgres.execute(
            ListAllAuditLines(filter: filter, position: position, limit: Int32(clamping: limit))
        )
    }

    /// Appends to the audit log; `tenantID` is nil for what concerns no tenant.
    package func audit(_ entry: AuditEntry, tenantID: TenantID?) async throws {
        _ = try await self.postgres.execute(AppendAudit(tenantID: tenantID?.rawValue ?? "", entry: entry))
    }
}

extension TenantTransaction {
    /// The tenant's log, newest first, before `position`.
    package func auditLines(
        _ filter: AuditFilter,
        before position: LogPosition?,
        limit: Int
    ) async throws -> [AuditLine] {
        try await self.postgres.execute(
            ListAuditLines(
                tenantID: self.tenantID,
                filter: filter,
                position: position,
                limit: Int32(clamping: limit)
            )
        )
    }

    /// Appends to the tenant's audit log.
    package func audit(_ entry: AuditEntry) async throws {
        _ = try await self.postgres.execute(AppendAudit(tenantID: self.tenantID, entry: entry))
    }
}

struct ListAuditLines: Statement {
    static let sql: StaticString = """
        SELECT audit_id, at, tenant_id, actor, action, target, before, after, request_id FROM audit_log
        WHERE tenant_id = $1 AND at >= coalesce($2::timestamptz, '-infinity') AND ($3::text IS NULL OR action = $3)
          AND (at, audit_id) < (coalesce($4::timestamptz, 'infinity'), coalesce($5::int8, 0))
        ORDER BY at DESC, audit_id DESC LIMIT $6
        """
    var tenantID: String
    var filter: AuditFilter
    var position: LogPosition?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.filter.since)
        bindings.append(self.filter.action)
        bindings.append(self.position?.at)
        bindings.append(self.position?.id)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> AuditLine { try AuditLine(row: &row) }
}

struct ListAllAuditLines: Statement {
    static let sql: StaticString = """
        SELECT audit_id, at, tenant_id, actor, action, target, before, after, request_id FROM audit_log
        WHERE at >= coalesce($1::timestamptz, '-infinity') AND ($2::text IS NULL OR action = $2)
          AND (at, audit_id) < (coalesce($3::timestamptz, 'infinity'), coalesce($4::int8, 0))
        ORDER BY at DESC, audit_id DESC LIMIT $5
        """
    var filter: AuditFilter
    var position: LogPosition?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.filter.since)
        bindings.append(self.filter.action)
        bindings.append(self.position?.at)
        bindings.append(self.position?.id)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> AuditLine { try AuditLine(row: &row) }
}

extension AuditLine {
    fileprivate init(row: inout Row) throws(PostgresError) {
        let id: Int64 = try row.next()
        self.position = LogPosition(at: try row.next(), id: id)
        let tenant: String = try row.next()
        self.tenantID = tenant.isEmpty ? nil : TenantID(rawValue: tenant)
        self.entry = AuditEntry(
            actor: try row.next(),
            action: try row.next(),
            target: try row.next(),
            before: try row.nextOptional(),
            after: try row.nextOptional(),
            requestID: try row.nextOptional()
        )
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
