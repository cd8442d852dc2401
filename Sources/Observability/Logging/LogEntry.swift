import Logging

/// What one log line says, before it is formatted.
struct LogEntry: Sendable {
    /// Microseconds since 1970-01-01 UTC.
    var microseconds: Int64
    var level: Logger.Level
    var label: String
    var message: String
    var error: String?
    var metadata: Logger.Metadata

    /// Keys whose values are never written, whatever they hold: the last part of a dotted key is compared.
    private static let secretKeys: Set<String> = [
        "access_token", "api_key", "app_secret", "authorization", "client_secret", "cookie", "password", "secret",
        "set-cookie", "token",
    ]

    /// Whether the value of a metadata key has to be hidden because of the key's name.
    ///
    /// - Parameter key: the metadata key.
    /// - Returns: whether it names a secret.
    static func isSecret(key: String) -> Bool {
        let last = key.lastIndex(of: ".").map { key[key.index(after: $0)...] } ?? key[...]
        return self.secretKeys.contains(last.lowercased())
    }

    /// The bytes of the line, with its newline.
    ///
    /// - Parameter style: the form of the line.
    /// - Returns: UTF-8 text that holds no other newline.
    func line(_ style: LogStyle) -> [UInt8] {
        switch style {
        case .json: self.jsonLine()
        case .text: self.textLine()
        }
    }
}
