package import Postgres

/// Why storage could not do what was asked.
package struct StorageError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    package enum Code: Sendable, Hashable {
        /// The database is away; the same call may succeed later.
        case unavailable
        /// A statement failed: a defect of ours or of the schema.
        case statementFailed
    }

    package var code: Code
    /// The failure below; its description holds no values and no password.
    package var cause: PostgresError
    /// True when the connection broke while the answer to COMMIT was awaited: done or not done, nobody knows.
    package var outcomeUnknown: Bool

    package init(_ cause: PostgresError, outcomeUnknown: Bool = false) {
        self.code = cause.isConnectionProblem ? .unavailable : .statementFailed
        self.cause = cause
        self.outcomeUnknown = outcomeUnknown
    }

    package var description: String { self.cause.description }
}
