/// The last line of defence of the logs: hides text that looks like one of our secrets, wherever it stands.
///
/// Masked are the token after `ext-event/` and `agent-event/`, API keys `rb_<role>_…`, what follows `Bearer`, the
/// password of a URL, and the values of `password=`, `client_secret=` and their like. One pass over the bytes; text
/// without a secret is neither copied nor changed.
package enum SecretMask {
    /// What stands in place of a secret.
    package static let replacement = "[redacted]"

    /// The text with its secrets masked.
    ///
    /// - Parameter text: any text.
    /// - Returns: the same text when nothing in it looks like a secret.
    package static func masked(_ text: String) -> String {
        self.masked(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// The bytes with their secrets masked.
    ///
    /// - Parameter text: UTF-8 text.
    /// - Returns: nil when nothing in it looks like a secret.
    static func masked(_ text: [UInt8]) -> [UInt8]? {
        var output: [UInt8] = []
        var copied = 0
        var position = 0
        let scanner = SecretScanner(text: text)
        while position < text.count {
            guard let secret = scanner.secret(startingAt: position), !secret.isEmpty else {
                position += 1
                continue
            }
            output.append(contentsOf: text[copied..<secret.lowerBound])
            output.append(contentsOf: self.replacement.utf8)
            copied = secret.upperBound
            position = secret.upperBound
        }
        guard copied > 0 else { return nil }
        output.append(contentsOf: text[copied...])
        return output
    }
}
