/// A Swift type that stands for a PostgreSQL type.
package protocol PostgresValue: Sendable {
    /// The PostgreSQL type that values are sent as, and expected as.
    static var postgresType: PostgresType { get }
}

/// A value that can be bound to a parameter of a statement, in PostgreSQL's binary format.
package protocol PostgresEncodable: PostgresValue {
    /// Appends the binary representation, without a length.
    func encode(into buffer: inout [UInt8])
}

/// A value that can be read from a column of a result, in PostgreSQL's binary format.
package protocol PostgresDecodable: PostgresValue {
    /// The column types that ``init(postgresBytes:)`` understands.
    static var acceptedTypes: Set<PostgresType> { get }

    /// Any valid value: what ``Row`` hands out while it only records which types a statement asks for.
    static var describeSample: Self { get }

    /// Reads the binary representation of one value that is not NULL.
    ///
    /// - Throws: ``PostgresDecodingError`` when the bytes are not such a value.
    init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError)
}

extension PostgresDecodable {
    package static var acceptedTypes: Set<PostgresType> { [self.postgresType] }
}
