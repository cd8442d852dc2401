package import FoundationEssentials

extension UUID: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .uuid }

    package static var describeSample: UUID {
        UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    }

    package func encode(into buffer: inout [UInt8]) {
        let id = self.uuid
        buffer.append(contentsOf: [id.0, id.1, id.2, id.3, id.4, id.5, id.6, id.7])
        buffer.append(contentsOf: [id.8, id.9, id.10, id.11, id.12, id.13, id.14, id.15])
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        guard bytes.count == 16 else {
            throw PostgresDecodingError("a uuid has 16 bytes, not \(bytes.count)")
        }
        self.init(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
                bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            )
        )
    }
}
