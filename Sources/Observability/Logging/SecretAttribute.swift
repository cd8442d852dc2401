package import Logging

/// Marks a metadata value whose text must not be written.
package enum SecretAttribute: Int64, Logger.MetadataValueAttributes.Attribute {
    /// The handler writes `[redacted]` in place of the value.
    case secret = 1
}

extension Logger.MetadataValue {
    /// A value that is written as `[redacted]`, for entries that shall show that there was one.
    ///
    /// - Parameter value: the secret.
    /// - Returns: the marked value.
    package static func secret(_ value: some CustomStringConvertible & Sendable) -> Logger.MetadataValue {
        .attributed(value, attributes: [SecretAttribute.secret])
    }

    /// Whether the value is marked as secret.
    var isSecret: Bool {
        self.attributes[SecretAttribute.self] == .secret
    }
}
