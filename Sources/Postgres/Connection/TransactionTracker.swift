/// Which transaction a connection is in, as its users see it.
///
/// A transaction begins with its first statement, so until then the connection knows nothing of it. Their numbers grow,
/// so a transaction that has ended is told from one that has not begun.
struct TransactionTracker {
    typealias ID = UInt64

    private enum State {
        /// No transaction.
        ///
        /// Can transition to `beginning`.
        case none
        /// BEGIN is on its way.
        ///
        /// Can transition to `begun` and `failed`.
        case beginning(ID)
        /// Can transition to `none`.
        case begun(ID)
        /// BEGIN, the role or a setting was refused: statements are refused too, they would run outside of it.
        ///
        /// Can transition to `none`.
        case failed(ID, PostgresError)
    }

    /// What to do before a statement of a transaction.
    enum Entry {
        /// Send BEGIN with it.
        case begin
        /// BEGIN is on its way: ask again when it is answered.
        case wait
        case proceed
        case refuse(PostgresError)
    }

    private var state = State.none
    private var lastEnded: ID = 0

    /// A statement of a transaction is to run.
    mutating func enter(_ id: ID) -> Entry {
        guard id > self.lastEnded else {
            return .refuse(PostgresError(.protocolViolation, message: "the transaction has ended"))
        }
        switch self.state {
        case .none:
            self.state = .beginning(id)
            return .begin
        case .beginning(id):
            return .wait
        case .begun(id):
            return .proceed
        case .failed(id, let error):
            return .refuse(error)
        case .beginning, .begun, .failed:
            return .refuse(PostgresError(.protocolViolation, message: "the connection is in another transaction"))
        }
    }

    /// BEGIN and the settings are answered.
    mutating func began(_ id: ID, _ error: PostgresError?) {
        guard case .beginning(id) = self.state else {
            return
        }
        self.state = error.map { .failed(id, $0) } ?? .begun(id)
    }

    /// Why the transaction could not begin.
    func beginError(_ id: ID) -> PostgresError? {
        guard case .failed(id, let error) = self.state else {
            return nil
        }
        return error
    }

    /// The transaction is over. False when it never began: there is nothing to commit or to roll back.
    mutating func end(_ id: ID) -> Bool {
        self.lastEnded = max(self.lastEnded, id)
        switch self.state {
        case .begun(id), .failed(id, _), .beginning(id):
            self.state = .none
            return true
        case .none, .begun, .failed, .beginning:
            return false
        }
    }
}
