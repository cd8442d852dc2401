import Postgres

extension PostgresConfiguration {
    /// The same database with another login, as libpq reads it: a URI stays one, of a keyword string the last word counts.
    ///
    /// `user`: letters, digits and `_`.
    /// `password`: letters and digits.
    func connectionString(forUser user: String, password: String) -> String {
        let text = self.connectionString
        guard text.hasPrefix("postgresql://") || text.hasPrefix("postgres://") else {
            return "\(text) user=\(user) password=\(password)"
        }
        let parts = text.split(separator: "://", maxSplits: 1)
        let rest = parts.count == 2 ? parts[1] : ""
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        return "postgresql://\(user):\(password)@\(host)\(rest[authority.endIndex...])"
    }
}
