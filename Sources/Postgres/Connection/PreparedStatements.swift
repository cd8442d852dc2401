/// Which statements a session has prepared, by their text.
///
/// Prepared statements belong to the session, not to a transaction: what was prepared before a rollback stays.
struct PreparedStatements {
    /// How to run a statement.
    enum Plan: Equatable {
        /// It is prepared under this name.
        case prepared(String)
        /// Prepare it under this name first.
        case prepare(String)
        /// Run it without preparing: the preparation is on its way and could still fail.
        case unprepared
    }

    private struct Entry {
        var name: String
        var types: [PostgresType]
        var isReady: Bool
    }

    /// False behind a transaction pooler, where the next transaction can meet another session.
    let isEnabled: Bool
    private var entries: [StatementKey: Entry] = [:]
    private var count = 0

    init(isEnabled: Bool) {
        self.isEnabled = isEnabled
    }

    /// Decides how to run a statement now.
    mutating func plan(for key: StatementKey?, types: [PostgresType]) -> Plan {
        guard self.isEnabled, let key else {
            return .unprepared
        }
        if let entry = self.entries[key], entry.types == types {
            return entry.isReady ? .prepared(entry.name) : .unprepared
        }
        self.count += 1
        let name = "s\(self.count)"
        self.entries[key] = Entry(name: name, types: types, isReady: false)
        return .prepare(name)
    }

    /// The preparation succeeded.
    mutating func prepared(_ key: StatementKey?) {
        guard let key else {
            return
        }
        self.entries[key]?.isReady = true
    }

    /// The preparation failed, or the server does not know the statement any more: prepare again next time.
    mutating func forget(_ key: StatementKey?) {
        guard let key else {
            return
        }
        self.entries[key] = nil
    }
}
