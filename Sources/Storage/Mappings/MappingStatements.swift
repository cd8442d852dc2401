import Postgres
import Telephony

struct FindMappingSetVersion: Statement {
    static let sql: StaticString = "SELECT version FROM mapping_sets WHERE tenant_id = $1"
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

struct LockMappingSet: Statement {
    static let sql: StaticString = "SELECT version FROM mapping_sets WHERE tenant_id = $1 FOR UPDATE"
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

struct RaiseMappingSetVersion: Statement {
    static let sql: StaticString = """
        UPDATE mapping_sets SET version = version + 1 WHERE tenant_id = $1 RETURNING version
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

struct ListMappings: Statement {
    static let sql: StaticString = """
        SELECT extension_id, user_id FROM mappings WHERE tenant_id = $1 AND valid_until IS NULL ORDER BY extension_id
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Mapping {
        Mapping(extensionID: try row.next(), userID: try row.nextOptional())
    }
}

/// The database's clock, not the transaction's beginning.
struct ReadClock: Statement {
    static let sql: StaticString = "SELECT clock_timestamp()"

    static func decode(_ row: inout Row) throws(PostgresError) -> Timestamp { try row.next() }
}

struct CloseMappings: Statement {
    static let sql: StaticString = """
        UPDATE mappings SET valid_until = $3 WHERE tenant_id = $1 AND extension_id = ANY ($2) AND valid_until IS NULL
        """
    var tenantID: String
    var extensionIDs: [Int64]
    var at: Timestamp

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionIDs)
        bindings.append(self.at)
    }
}

struct OpenMappings: Statement {
    static let sql: StaticString = """
        INSERT INTO mappings (tenant_id, extension_id, user_id, valid_from)
        SELECT $1, m.extension_id, m.user_id, $4 FROM unnest($2::int8[], $3::text[]) AS m (extension_id, user_id)
        """
    var tenantID: String
    var mappings: [Mapping]
    var at: Timestamp

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.mappings.map(\.extensionID.rawValue))
        bindings.append(self.mappings.map { $0.userID?.rawValue })
        bindings.append(self.at)
    }
}
