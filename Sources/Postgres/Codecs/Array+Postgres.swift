// Swift allows one conformance of Array only, so the element decides: an array of UInt8 is one byte string (`bytea`),
// every other array an array of PostgreSQL (one dimension, as all of ours).

extension Array: PostgresValue, PostgresEncodable, PostgresDecodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package static var describeSample: [Element] { Element.self == UInt8.self ? [] : [Element.elementSample] }

    package func encode(into buffer: inout [UInt8]) {
        Element.encodeArray(self, into: &buffer)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        self = try Element.decodeArray(bytes)
    }
}

extension PostgresArrayElement {
    package static func encodeArray(_ elements: [Self], into buffer: inout [UInt8]) {
        let header = PostgresArrayHeader(element: Self.postgresElementType, count: elements.count)
        header.encode(into: &buffer)
        for element in elements {
            element.encodeElement(into: &buffer)
        }
    }

    package static func decodeArray(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> [Self] {
        let header = try PostgresArrayHeader(bytes)
        var elements: [Self] = []
        // Every element has at least its length: a count that lies reserves no memory.
        elements.reserveCapacity(min(header.count, bytes.count / 4))
        var offset = header.size
        for _ in 0..<header.count {
            let length = Int(try bytes.bigEndian(at: offset, as: Int32.self))
            offset += 4
            guard length >= 0 else {
                elements.append(try Self.decodeNull())
                continue
            }
            guard bytes.count - offset >= length else {
                throw PostgresDecodingError("the array ends inside an element")
            }
            elements.append(try Self.decodeElement(bytes.extracting(offset..<offset + length)))
            offset += length
        }
        return elements
    }
}

/// A byte: never an element of an array of its own, always part of a byte string.
extension UInt8: PostgresArrayElement {
    package static var postgresElementType: PostgresType { .bytea }
    package static var postgresArrayType: PostgresType { .bytea }
    package static var elementSample: UInt8 { 0 }

    package static func encodeArray(_ elements: [UInt8], into buffer: inout [UInt8]) {
        buffer.append(contentsOf: elements)
    }

    package static func decodeArray(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> [UInt8] {
        [UInt8](copying: bytes)
    }

    package func encodeElement(into buffer: inout [UInt8]) {
        buffer.append(self)
    }

    package static func decodeElement(_ bytes: Span<UInt8>) throws(PostgresDecodingError) -> UInt8 {
        try bytes.wholeBigEndian()
    }

    package static func decodeNull() throws(PostgresDecodingError) -> UInt8 {
        throw PostgresDecodingError("a byte is never NULL")
    }
}
