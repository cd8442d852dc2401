/// The four places where a transaction can fail.
package enum TransactionError<Failure: Error>: Error {
    /// No connection, or BEGIN, the role or a setting was refused. Nothing was done.
    case begin(PostgresError)
    /// The body threw. Everything was rolled back; `rollback` says why when ROLLBACK itself could not be sent (the
    /// connection is then closed, which rolls back too).
    case body(Failure, rollback: PostgresError?)
    /// COMMIT failed. With a lost connection the outcome is *unknown*: it may have been committed.
    case commit(PostgresError)
}

extension TransactionError where Failure == PostgresError {
    /// The one error that matters, for callers to whom the place does not.
    package var error: PostgresError {
        switch self {
        case .begin(let error), .commit(let error):
            error
        case .body(let error, rollback: _):
            error
        }
    }
}

extension TransactionError {
    /// The error of the database's side, when it was the database that failed.
    package var postgresError: PostgresError? {
        switch self {
        case .begin(let error), .commit(let error):
            error
        case .body(let error, rollback: _):
            error as? PostgresError
        }
    }
}

extension TransactionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .begin(let error):
            return "begin: \(error)"
        case .body(let error, let rollback):
            let suffix = rollback.map { "; rollback: \($0)" } ?? ""
            return "body: \(error)\(suffix)"
        case .commit(let error):
            return "commit: \(error)"
        }
    }
}

/// Why a piece of work on a leased connection failed: there was no connection, or the work threw.
package enum PoolError<Failure: Error>: Error {
    /// No connection could be leased. Nothing was done.
    case lease(PostgresError)
    /// The body threw.
    case body(Failure)
}

extension PoolError where Failure == PostgresError {
    /// The one error that matters, for callers to whom the place does not.
    package var error: PostgresError {
        switch self {
        case .lease(let error), .body(let error):
            error
        }
    }
}
