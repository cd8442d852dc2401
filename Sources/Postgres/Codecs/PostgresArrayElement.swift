package import FoundationEssentials

/// A type whose arrays PostgreSQL knows. `Optional` of it is one too: an array with NULLs.
package protocol PostgresArrayElement: Sendable {
    /// The type of one element.
    static var postgresElementType: PostgresType { get }

    /// The type of a whole array.
    static var postgresArrayType: PostgresType { get }

    /// Any valid element.
    static var elementSample: Self { get }

    /// Appends the elements in the binary form of the array type.
    static func encodeArray(_ elements: [Self], into buffer: inout [UInt8])

    /// Reads a whole array.
    ///
    /// - Throws: ``PostgresDecodingError`` when the bytes are not such an array, or hold a NULL that ``decodeNull()``
    ///   does not allow.
    static func decodeArray(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> [Self]

    /// Appends the element with its length in front, or the length -1 for NULL.
    func encodeElement(into buffer: inout [UInt8])

    /// Reads one element that is not NULL.
    ///
    /// - Throws: ``PostgresDecodingError`` when the bytes are not such a value.
    static func decodeElement(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> Self

    /// The element that stands for NULL.
    ///
    /// - Throws: ``PostgresDecodingError`` when there is none.
    static func decodeNull() throws(PostgresDecodingError) -> Self
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    package static var postgresElementType: PostgresType { Self.postgresType }
    package static var elementSample: Self { Self.describeSample }

    package func encodeElement(into buffer: inout [UInt8]) {
        buffer.appendWithLength { self.encode(into: &$0) }
    }

    package static func decodeElement(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> Self {
        try Self(postgresBytes: bytes)
    }

    package static func decodeNull() throws(PostgresDecodingError) -> Self {
        throw PostgresDecodingError("an element is NULL")
    }
}

extension Bool: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .boolArray }
}

extension Int16: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int2Array }
}

extension Int32: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int4Array }
}

extension Int64: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int8Array }
}

extension Int: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .int8Array }
}

extension Double: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .float8Array }
}

extension String: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .textArray }
}

extension UUID: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .uuidArray }
}

extension PostgresJSON: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .jsonbArray }
}

extension PostgresTimestamp: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .timestamptzArray }
}

/// An array of byte strings (`bytea[]`).
extension Array: PostgresArrayElement where Element == UInt8 {
    package static var postgresArrayType: PostgresType { .byteaArray }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    package static var postgresElementType: PostgresType { Wrapped.postgresElementType }
    package static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
    package static var elementSample: Wrapped? { Wrapped.elementSample }

    package func encodeElement(into buffer: inout [UInt8]) {
        switch self {
        case .none:
            buffer.appendBigEndian(Int32(-1))
        case .some(let element):
            element.encodeElement(into: &buffer)
        }
    }

    package static func decodeElement(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> Wrapped? {
        try Wrapped.decodeElement(bytes)
    }

    package static func decodeNull() throws(PostgresDecodingError) -> Wrapped? {
        nil
    }
}
