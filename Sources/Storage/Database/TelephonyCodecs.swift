package import Postgres
package import Telephony

// The domain's values as columns: instants as timestamptz, identifiers as their raw text or number.

extension Timestamp: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { PostgresTimestamp.postgresType }
    package static var describeSample: Timestamp { Timestamp(microseconds: 0) }

    package func encode(into buffer: inout [UInt8]) {
        PostgresTimestamp(microsecondsSinceUnixEpoch: self.microseconds).encode(into: &buffer)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self.init(microseconds: try PostgresTimestamp(postgresBytes: bytes).microsecondsSinceUnixEpoch)
    }
}

extension TenantID: PostgresEncodable, PostgresDecodable {
    package static var describeSample: TenantID { TenantID(rawValue: "807") }
}

extension UserID: PostgresEncodable, PostgresDecodable {
    package static var describeSample: UserID { UserID(rawValue: "u1") }
}

extension ExtensionID: PostgresEncodable, PostgresDecodable {
    package static var describeSample: ExtensionID { ExtensionID(rawValue: 1) }
}

extension ExtensionType: PostgresEncodable, PostgresDecodable {
    package static var describeSample: ExtensionType { .phone }
}

extension AgentID: PostgresEncodable, PostgresDecodable {
    package static var describeSample: AgentID { AgentID(rawValue: 1) }
}

extension AgentStatus: PostgresEncodable, PostgresDecodable {}
extension Direction: PostgresEncodable, PostgresDecodable {}
extension CallStatus: PostgresEncodable, PostgresDecodable {}
