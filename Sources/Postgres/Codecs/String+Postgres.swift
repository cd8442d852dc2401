/// PostgreSQL cannot store a NUL character: a string with one is refused by the server
/// (``SQLState/characterNotInRepertoire``).
extension String: PostgresEncodable, PostgresDecodable {
    package static var postgresType: PostgresType { .text }
    package static var acceptedTypes: Set<PostgresType> { String.textTypes }
    package static var describeSample: String { "" }

    private static let textTypes: Set<PostgresType> = [.text, .varchar, .name, .bpchar, .unknown]

    package func encode(into buffer: inout [UInt8]) {
        buffer.append(contentsOf: self.utf8)
    }

    package init(postgresBytes bytes: Span<UInt8>) throws(PostgresDecodingError) {
        do {
            self.init(copying: try UTF8Span(validating: bytes))
        } catch {
            throw PostgresDecodingError("the text is not valid UTF-8")
        }
    }
}
