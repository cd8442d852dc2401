/// A bearer token of the simulated PBX.
struct AccessToken: Sendable {
    /// Seconds that a token lives, as the vendor's page shows.
    static let lifetime = 3600

    var clientID: Int
    var appID: String
    /// Counts the tokens given out, from 1.
    var number: Int
    /// Microseconds since 1970-01-01 UTC.
    var expiresAt: Int64
}

/// Who asks: what a valid token stands for.
struct Session: Hashable, Sendable {
    var clientID: Int
    var appID: String
    /// Of the token; nil when none is shown.
    var tokenNumber: Int?
}
