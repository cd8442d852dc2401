// A type with a raw value that PostgreSQL knows gets its coding by declaring the conformance:
// `enum State: String, CaseIterable, PostgresEncodable, PostgresDecodable`.

extension PostgresValue where Self: RawRepresentable, RawValue: PostgresValue {
    package static var postgresType: PostgresType { RawValue.postgresType }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    package func encode(into buffer: inout [UInt8]) {
        self.rawValue.encode(into: &buffer)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    package static var acceptedTypes: Set<PostgresType> { RawValue.acceptedTypes }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        let raw = try RawValue(postgresBytes: bytes)
        guard let value = Self(rawValue: raw) else {
            throw PostgresDecodingError("not a value of \(Self.self)")
        }
        self = value
    }
}

extension PostgresDecodable where Self: CaseIterable {
    package static var describeSample: Self { Self.allCases[Self.allCases.startIndex] }
}
