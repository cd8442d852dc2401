/// A JSON document as it is, unparsed (`jsonb`; a `json` column can be read too).
package struct PostgresJSON: Hashable, Sendable {
    /// The document in UTF-8.
    package var bytes: [UInt8]

    /// Takes a document in UTF-8; the server refuses what is no JSON.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The only version of the binary format of `jsonb` that exists.
    private static let version: UInt8 = 1
}

extension PostgresJSON: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .jsonb }
    package static var acceptedTypes: Set<PostgresType> { PostgresJSON.jsonTypes }
    package static var describeSample: PostgresJSON { PostgresJSON(bytes: Array("{}".utf8)) }

    private static let jsonTypes: Set<PostgresType> = [.jsonb, .json]

    package func encode(into buffer: inout [UInt8]) {
        buffer.append(PostgresJSON.version)
        buffer.append(contentsOf: self.bytes)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        guard bytes.count > 0 else {
            throw PostgresDecodingError("a JSON document is not empty")
        }
        // `json` has no version byte, and no JSON text starts with this one.
        let start = bytes[0] == PostgresJSON.version ? 1 : 0
        self.bytes = [UInt8](copying: bytes.extracting(start..<bytes.count))
    }
}
