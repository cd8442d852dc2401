import Postgres

/// The stored events as a test looks at them.
struct StoredEvents: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, extension_id, call_id, fields::text, raw, quarantine, source FROM events ORDER BY event_id
        """

    struct Output: Sendable, Hashable {
        var tenant: String
        var extensionID: Int64
        var callID: String?
        var fields: String?
        var raw: [UInt8]?
        var quarantine: String?
        var source: String?
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            tenant: try row.next(),
            extensionID: try row.next(),
            callID: try row.nextOptional(),
            fields: try row.nextOptional(),
            raw: try row.nextOptional(),
            quarantine: try row.nextOptional(),
            source: try row.nextOptional()
        )
    }
}

/// The CallIDs that are due.
struct DueCallIDs: Statement {
    static let sql: StaticString = "SELECT DISTINCT call_id FROM assembly_due ORDER BY call_id"

    static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
}

/// The audit log: action, target, and both contents as one text.
struct AuditLines: Statement {
    static let sql: StaticString = """
        SELECT action, target, actor, coalesce(before::text, '') || coalesce(after::text, '') FROM audit_log ORDER BY audit_id
        """

    struct Output: Sendable, Hashable {
        var action: String
        var target: String
        var actor: String
        var content: String
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(action: try row.next(), target: try row.next(), actor: try row.next(), content: try row.next())
    }
}
