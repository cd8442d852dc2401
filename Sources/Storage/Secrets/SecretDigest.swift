import Crypto
import FoundationEssentials

/// SHA-256 of a secret: what is stored and looked up instead of it. Comparing digests takes constant time.
package struct SecretDigest: Hashable, Sendable {
    /// 32 bytes.
    package let bytes: [UInt8]

    /// The digest of a secret's UTF-8 bytes.
    package init(of secret: some StringProtocol) {
        self.bytes = Array(SHA256.hash(data: Data(secret.utf8)))
    }

    init(stored bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func == (one: SecretDigest, other: SecretDigest) -> Bool {
        var difference: UInt8 = one.bytes.count == other.bytes.count ? 0 : 1
        for (left, right) in zip(one.bytes, other.bytes) {
            difference |= left ^ right
        }
        return difference == 0
    }
}
