/// Makes one clear error of what libpq says when it cannot connect: the place, the reason, and what to do.
enum ConnectFailure {
    static func error(target: String, message: String) -> PostgresError {
        let advice = self.advice(message)
        var error = PostgresError(
            .connectionFailed,
            message: "cannot connect to PostgreSQL at \(target): \(self.reason(message)); \(advice)"
        )
        error.hint = advice
        return error
    }

    /// libpq's message in one line, without its own questions.
    private static func reason(_ message: String) -> String {
        let lines = message.split(separator: "\n")
            .map { line in
                String(line.drop { $0 == " " || $0 == "\t" })
            }
            .filter { !$0.hasPrefix("Is the server running") && !$0.isEmpty }
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }

    /// The texts are the server's and libpq's untranslated ones; in another language the general advice is given.
    private static func advice(_ message: String) -> String {
        if message.contains("password") || message.contains("authentication failed") {
            return "check the user and the password in DATABASE_URL"
        }
        if message.contains("role \""), message.contains("does not exist") {
            return "create the role or correct the user in DATABASE_URL"
        }
        if message.contains("database \""), message.contains("does not exist") {
            return "create the database or correct its name in DATABASE_URL"
        }
        if message.contains("pg_hba.conf") {
            return "allow this user, database and address in the server's pg_hba.conf"
        }
        if message.contains("could not translate host name") {
            return "check the host name in DATABASE_URL"
        }
        if message.contains("SSL") || message.contains("certificate") {
            return "check sslmode and sslrootcert in DATABASE_URL"
        }
        if message.contains("too many") || message.contains("remaining connection slots") {
            return "lower the pool size or raise the server's max_connections"
        }
        if message.contains("starting up") || message.contains("shutting down") || message.contains("recovery") {
            return "wait until the server is ready"
        }
        return "check that the server runs and that host and port in DATABASE_URL are right"
    }
}
