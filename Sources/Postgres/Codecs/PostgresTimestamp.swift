/// An instant (`timestamptz`), to the microsecond.
package struct PostgresTimestamp: Hashable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z. PostgreSQL's `infinity` and `-infinity` are `Int64.max` and
    /// `Int64.min`.
    package var microsecondsSinceUnixEpoch: Int64

    /// Takes microseconds since 1970-01-01T00:00:00Z.
    package init(microsecondsSinceUnixEpoch: Int64) {
        self.microsecondsSinceUnixEpoch = microsecondsSinceUnixEpoch
    }

    /// PostgreSQL counts from 2000-01-01T00:00:00Z.
    private static let postgresEpoch: Int64 = 946_684_800_000_000
}

extension PostgresTimestamp: Comparable {
    package static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSinceUnixEpoch < right.microsecondsSinceUnixEpoch
    }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .timestamptz }
    package static var describeSample: PostgresTimestamp { PostgresTimestamp(microsecondsSinceUnixEpoch: 0) }

    package func encode(into buffer: inout [UInt8]) {
        switch self.microsecondsSinceUnixEpoch {
        case .max, .min:
            buffer.appendBigEndian(self.microsecondsSinceUnixEpoch)
        case let instant:
            let (value, overflow) = instant.subtractingReportingOverflow(PostgresTimestamp.postgresEpoch)
            // Not -infinity by accident: the server refuses this one as out of range.
            buffer.appendBigEndian(overflow ? Int64.min + 1 : value)
        }
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        let value: Int64 = try bytes.wholeBigEndian()
        guard value != .max, value != .min else {
            self.microsecondsSinceUnixEpoch = value
            return
        }
        let (instant, overflow) = value.addingReportingOverflow(PostgresTimestamp.postgresEpoch)
        guard !overflow else {
            throw PostgresDecodingError("the instant does not fit 64 bits of microseconds since 1970")
        }
        self.microsecondsSinceUnixEpoch = instant
    }
}
