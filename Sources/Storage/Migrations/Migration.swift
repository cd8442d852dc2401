import Crypto
import FoundationEssentials
package import Schema

/// One numbered migration of the schema.
package struct Migration: Hashable, Sendable {
    /// Position, from 1, without gaps.
    package var version: Int32
    package var name: String
    /// SHA-256 of the SQL text, in hexadecimal.
    package var checksum: String

    package init(version: Int32, name: String, checksum: String) {
        self.version = version
        self.name = name
        self.checksum = checksum
    }

    /// The identity of an embedded file.
    package init(_ file: Schema.File) {
        let digest = SHA256.hash(data: Data(file.bytes))
        let checksum = digest.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        self.init(version: file.version, name: file.name, checksum: checksum.joined())
    }
}
