import Crypto
import FoundationEssentials

/// The keys that seal secrets at rest: AES-256-GCM, the first key seals, all keys open.
///
/// A sealed text reads `v1.<key id>.<base64 of nonce, ciphertext, tag>`. The context (tenant, table, column, row) is
/// authenticated with it, so a value copied to another row or tenant does not open.
package struct KeyRing: Sendable {
    /// The id of the key that seals.
    package let currentID: String
    private let keys: [String: SymmetricKey]

    /// Why a key ring could not be read. Holds no key material.
    package struct ParseError: Error, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Why a sealed text did not open.
    package enum OpenError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The text is not of the sealed form.
        case malformed
        /// The ring has no key of this id.
        case unknownKey(id: String)
        /// The text was changed, or belongs to another row.
        case notAuthentic

        package var description: String {
            switch self {
            case .malformed: "a sealed secret is malformed"
            case .unknownKey(let id): "a secret is sealed under the key \"\(id)\", which MASTER_KEYS does not have"
            case .notAuthentic: "a sealed secret does not belong to its row, or was changed"
            }
        }
    }

    /// Reads the form of `MASTER_KEYS`: `id:base64(32 bytes)[,id:base64(32 bytes)]`.
    package init(parsing text: some StringProtocol) throws(ParseError) {
        var keys: [String: SymmetricKey] = [:]
        var first: String?
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else {
                throw ParseError(description: "each key reads id:base64; make one with: openssl rand -base64 32")
            }
            let id = String(parts[0].filter { !$0.isWhitespace })
            guard !id.isEmpty, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
            else {
                throw ParseError(description: "a key id holds other characters than letters, digits, \"_\" and \"-\"")
            }
            guard let bytes = Data(base64Encoded: String(parts[1].filter { !$0.isWhitespace })), bytes.count == 32
            else {
                throw ParseError(
                    description: "the key \"\(id)\" is not 32 bytes in base64; make one with: openssl rand -base64 32"
                )
            }
            guard keys.updateValue(SymmetricKey(data: bytes), forKey: id) == nil else {
                throw ParseError(description: "the key id \"\(id)\" is there twice")
            }
            first = first ?? id
        }
        guard let first else {
            throw ParseError(description: "it is empty; make a key with: openssl rand -base64 32")
        }
        self.currentID = first
        self.keys = keys
    }

    /// Whether the ring has a key of this id.
    package func contains(_ id: String) -> Bool { self.keys[id] != nil }

    /// Seals a secret for the place that `context` names.
    package func seal(_ secret: String, context: SealContext) throws -> String {
        guard let key = self.keys[self.currentID] else { throw OpenError.unknownKey(id: self.currentID) }
        let box = try AES.GCM.seal(Array(secret.utf8), using: key, authenticating: Array(context.text.utf8))
        guard let combined = box.combined else { throw OpenError.malformed }
        return "v1.\(self.currentID).\(combined.base64EncodedString())"
    }

    /// Opens what ``seal(_:context:)`` made for the same place.
    package func open(_ sealed: String, context: SealContext) throws(OpenError) -> String {
        let parts = sealed.split(separator: ".", maxSplits: 2)
        guard parts.count == 3, parts[0] == "v1", let combined = Data(base64Encoded: String(parts[2])),
            let box = try? AES.GCM.SealedBox(combined: combined)
        else { throw .malformed }
        guard let key = self.keys[String(parts[1])] else { throw .unknownKey(id: String(parts[1])) }
        guard let plain = try? AES.GCM.open(box, using: key, authenticating: Array(context.text.utf8)),
            let text = String(bytes: plain, encoding: .utf8)
        else { throw .notAuthentic }
        return text
    }
}
