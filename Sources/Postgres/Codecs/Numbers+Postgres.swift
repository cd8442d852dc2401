extension Bool: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .bool }
    package static var describeSample: Bool { false }

    package func encode(into buffer: inout [UInt8]) {
        buffer.append(self ? 1 : 0)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        guard bytes.count == 1 else {
            throw PostgresDecodingError("a bool has 1 byte, not \(bytes.count)")
        }
        self = bytes[0] != 0
    }
}

extension Int16: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int2 }
    package static var describeSample: Int16 { 0 }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(self)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self = try bytes.wholeBigEndian()
    }
}

extension Int32: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int4 }
    package static var describeSample: Int32 { 0 }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(self)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self = try bytes.wholeBigEndian()
    }
}

extension Int64: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int8 }
    package static var describeSample: Int64 { 0 }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(self)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self = try bytes.wholeBigEndian()
    }
}

extension Int: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .int8 }
    package static var describeSample: Int { 0 }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(Int64(self))
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        let value: Int64 = try bytes.wholeBigEndian()
        self = Int(value)
    }
}

extension Double: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .float8 }
    package static var describeSample: Double { 0 }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendBigEndian(self.bitPattern)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self.init(bitPattern: try bytes.wholeBigEndian())
    }
}
