/// What went wrong between us and PostgreSQL.
///
/// Neither the description nor any of its parts holds a bound value or a password: ``detail`` and ``message`` come from
/// the server and can repeat data, so the description leaves out ``detail`` always and ``message`` where it may.
package struct PostgresError: Error, Sendable, Equatable {
    /// The kind of failure, for callers that switch.
    package enum Code: Sendable, Hashable {
        /// The configuration cannot work: a malformed connection string.
        case configuration
        /// No connection could be made: unreachable host, wrong database, refused password.
        case connectionFailed
        /// A connection was lost. What was on its way may have been done or not; a COMMIT on its way is *unknown*.
        case connectionLost
        /// The server refused a statement.
        case server(SQLState)
        /// The statement ran longer than its statement timeout and was stopped by the server.
        case timedOut
        /// The task that asked was cancelled.
        case cancelled
        /// A result does not have the type that the statement declares.
        case decoding
        /// No connection came free within the lease timeout.
        case poolExhausted
        /// The pool is shutting down or has ended.
        case poolClosed
        /// Something happened that the protocol, or the order of calls, does not allow.
        case protocolViolation
    }

    /// The kind of failure.
    package var code: Code
    /// The name of the statement's type, when one was running.
    package var statement: String?
    /// The violated constraint (server errors).
    package var constraint: String?
    /// The server's primary message, or what happened and what to do about it.
    package var message: String
    /// The server's detail. Can repeat data: never log it.
    package var detail: String?
    /// The server's hint; when no connection could be made, what to do, which ``message`` ends with.
    package var hint: String?
    /// The table that the server names.
    package var table: String?
    /// The column that the server names, or that could not be decoded.
    package var column: String?

    /// Makes an error without the server's details.
    package init(_ code: Code, statement: String? = nil, message: String) {
        self.code = code
        self.statement = statement
        self.message = message
    }
}

extension PostgresError {
    /// Whether the database is away rather than the request wrong: worth another try later, and a 503 meanwhile.
    package var isConnectionProblem: Bool {
        switch self.code {
        case .connectionFailed, .connectionLost, .poolExhausted, .poolClosed:
            true
        case .server(let state):
            state.class == "08" || state.class == "53" || state == .adminShutdown || state == .crashShutdown
                || state == .cannotConnectNow
                || state == .readOnlySQLTransaction
        case .configuration, .timedOut, .cancelled, .decoding, .protocolViolation:
            false
        }
    }

    /// The server's SQLSTATE, when the server refused a statement.
    package var sqlState: SQLState? {
        guard case .server(let state) = self.code else {
            return nil
        }
        return state
    }

    static let cancelled = PostgresError(.cancelled, message: "the task was cancelled")

    /// The same error, said to have happened in a statement (unless it names one already).
    func named(_ statement: @autoclosure () -> String) -> PostgresError {
        var error = self
        if error.statement == nil {
            error.statement = statement()
        }
        return error
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        var parts: [String] = []
        if let statement = self.statement {
            parts.append("statement \(statement)")
        }
        switch self.code {
        case .server(let state):
            parts.append("SQLSTATE \(state)")
            // Data exceptions (22…) and messages of our own functions (P0…) quote the value they complain about.
            if state.class != "22", state.class != "P0" {
                parts.append(self.message)
            }
        default:
            parts.append(self.message)
        }
        if let constraint = self.constraint {
            parts.append("constraint \(constraint)")
        }
        if let table = self.table {
            parts.append("table \(table)")
        }
        if let column = self.column {
            parts.append("column \(column)")
        }
        return parts.joined(separator: ": ")
    }
}
