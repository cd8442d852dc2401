/// How to reach a database and how to talk to it.
package struct PostgresConfiguration: Sendable {
    /// A libpq URI or keyword string, with all that libpq understands: several hosts, `target_session_attrs`,
    /// `sslmode`, `passfile`, … Can hold the password: never log it, log ``hostDescription``.
    package private(set) var connectionString: String
    /// What `pg_stat_activity` shows, unless the connection string says otherwise.
    package var applicationName: String
    /// How long one host may take to answer, in whole seconds and at least 2, unless the connection string says
    /// otherwise. Several hosts are tried one after the other.
    package var connectTimeout: Duration
    /// The session's `statement_timeout`; nil leaves the server's. Not set without ``preparedStatements``, because a
    /// transaction pooler has no session to set it on: set it for the role, or per transaction.
    package var statementTimeout: Duration?
    /// Whether statements are prepared once per session. False for transaction poolers.
    package var preparedStatements: Bool
    private let target: ConnectionTarget

    /// Checks the connection string, without connecting.
    ///
    /// - Throws: ``PostgresError`` with the code `configuration`, which says how to fix the string and never quotes it.
    package init(
        connectionString: String,
        applicationName: String = "ringbridge",
        connectTimeout: Duration = .seconds(10),
        statementTimeout: Duration? = nil,
        preparedStatements: Bool = true
    ) throws(PostgresError) {
        self.target = try ConnectionTarget(connectionString: connectionString)
        self.connectionString = connectionString
        self.applicationName = applicationName
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.preparedStatements = preparedStatements
    }

    /// Where the connection string leads, such as `db1:5432,db2:5432/ringbridge as user x`; never a password.
    package var hostDescription: String { self.target.description }

    /// Parameters that the connection string may override.
    var defaults: [(String, String)] {
        let seconds = max(2, Int((self.connectTimeout / .seconds(1)).rounded(.up)))
        return [
            ("application_name", self.applicationName),
            ("connect_timeout", String(seconds)),
            // A peer that vanished without a word is noticed within a minute rather than after hours.
            ("keepalives_idle", "30"),
            ("keepalives_interval", "10"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
        ]
    }

    /// Parameters that the connection string may not override.
    var overrides: [(String, String)] { [("client_encoding", "UTF8")] }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { self.hostDescription }
    package var debugDescription: String { self.hostDescription }
    package var customMirror: Mirror { Mirror(self, children: ["target": self.hostDescription]) }
}
