/// A key's full text, `rb_<role>_<id>_<secret>`: shown once, at creation.
package struct APIKeySecret: Sendable, CustomStringConvertible {
    /// The public id inside the text: 16 hexadecimal digits.
    package let id: String
    /// The text to hand to the holder. Never log it.
    package let text: String
    /// What is stored.
    package var digest: SecretDigest { SecretDigest(of: self.text) }
    package var description: String { "<api key \(self.id)>" }

    /// Makes a key with a 256-bit secret.
    package static func generate(role: APIKeyRole, using generator: inout some RandomNumberGenerator) -> APIKeySecret {
        let id = Self.hex(words: 1, using: &generator)
        return APIKeySecret(id: id, text: "rb_\(role.rawValue)_\(id)_\(Self.hex(words: 4, using: &generator))")
    }

    private static func hex(words: Int, using generator: inout some RandomNumberGenerator) -> String {
        (0..<words).map { _ in
            let word = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }.joined()
    }
}
