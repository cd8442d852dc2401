/// The header `Idempotency-Key`.
enum IdempotencyKey {
    /// The key: 1 to 255 visible ASCII characters, as they are or as a string of RFC 8941 (`"…"`, which may hold spaces too).
    /// Nil for anything else.
    static func read(_ header: String) -> String? {
        let key = header.utf8.first == UInt8(ascii: "\"") ? Self.unquoted(header.utf8) : header
        guard let key, (1...255).contains(key.utf8.count) else { return nil }
        let lowest: UInt8 = key == header ? 0x21 : 0x20
        return key.utf8.allSatisfy { (lowest...0x7E).contains($0) } ? key : nil
    }

    /// The content of a string of RFC 8941, 3.3.3; nil when it is none, or when something follows it.
    private static func unquoted(_ text: String.UTF8View) -> String? {
        var content: [UInt8] = []
        var rest = text.dropFirst().makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "\""):
                return rest.next() == nil ? String(decoding: content, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.next(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    return nil
                }
                content.append(escaped)
            default:
                content.append(byte)
            }
        }
        return nil
    }
}
