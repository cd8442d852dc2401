/// The hosts, the database and the user that a connection string names: what may be shown of it.
struct ConnectionTarget: Sendable, Hashable, CustomStringConvertible {
    var hosts: [String]
    var database: String
    var user: String

    var description: String { "\(self.hosts.joined(separator: ","))/\(self.database) as user \(self.user)" }

    /// Reads a connection string.
    ///
    /// - Throws: ``PostgresError`` with the code `configuration`.
    init(connectionString: String) throws(PostgresError) {
        let options: [String: String]
        do {
            options = try LibpqConnectionString.parse(connectionString)
        } catch {
            throw ConnectionTarget.malformed("libpq says: \(error.message)")
        }
        let defaults = LibpqConnectionString.defaults()
        func value(_ keyword: String) -> String? {
            options[keyword] ?? defaults[keyword]
        }
        let ports = (value("port") ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard ports.allSatisfy({ $0.isEmpty || UInt16($0).map { $0 > 0 } ?? false }) else {
            throw ConnectionTarget.malformed("a port is not a number between 1 and 65535")
        }
        let user = value("user") ?? ""
        let names = (options["host"] ?? options["hostaddr"] ?? defaults["host"] ?? "localhost")
            .split(separator: ",", omittingEmptySubsequences: false)
        let database = value("dbname") ?? user
        let isURI = connectionString.hasPrefix("postgresql://") || connectionString.hasPrefix("postgres://")
        // An unescaped @ or / cuts a URI in the wrong place: the rest of the password would show as a host or a
        // database.
        guard !names.contains(where: { $0.contains("@") }), !(isURI && database.contains("@")) else {
            throw ConnectionTarget.malformed("there is an @ behind the host's place")
        }
        self.hosts = names.enumerated().map { index, name in
            let port = ports.count > index ? ports[index] : ports.first ?? ""
            return "\(name.isEmpty ? "localhost" : name):\(port.isEmpty ? "5432" : port)"
        }
        self.database = database
        self.user = user
    }

    private static func malformed(_ reason: String) -> PostgresError {
        PostgresError(
            .configuration,
            message: """
                the connection string (DATABASE_URL) cannot be read: \(reason); write it as \
                postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with every @ : / ? # % of the password percent-encoded
                """
        )
    }
}
