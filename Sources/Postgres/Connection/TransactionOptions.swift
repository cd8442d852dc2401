/// How a transaction starts. All of it travels with the first statement.
package struct TransactionOptions: Sendable {
    /// What the transaction sees of others (PostgreSQL manual, section 13.2).
    package enum Isolation: Sendable, Hashable, CaseIterable {
        case readCommitted
        case repeatableRead
        case serializable
    }

    /// A setting for the transaction only: `set_config(name, value, true)`.
    package struct Setting: Sendable {
        /// The name, such as `app.tenant_id`.
        package var name: StaticString
        /// The value, as text.
        package var value: String

        /// Names a setting and its value.
        package init(name: StaticString, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The role that the transaction works as (`SET LOCAL ROLE`).
    package var role: StaticString?
    /// Settings in the order in which they are made, after the role.
    package var settings: [Setting]
    /// What the transaction sees of others.
    package var isolation: Isolation
    /// Whether writing is refused; false leaves it to the session.
    package var readOnly: Bool
    /// The longest that one statement may run; beyond it the server stops it with `timedOut`.
    package var statementTimeout: Duration?

    /// By default an ordinary transaction that may write.
    package init(
        role: StaticString? = nil,
        settings: [Setting] = [],
        isolation: Isolation = .readCommitted,
        readOnly: Bool = false,
        statementTimeout: Duration? = nil
    ) {
        self.role = role
        self.settings = settings
        self.isolation = isolation
        self.readOnly = readOnly
        self.statementTimeout = statementTimeout
    }
}

extension TransactionOptions {
    /// The statement that begins such a transaction.
    var begin: StaticString {
        switch (self.isolation, self.readOnly) {
        case (.readCommitted, false): "BEGIN ISOLATION LEVEL READ COMMITTED"
        case (.readCommitted, true): "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
        case (.repeatableRead, false): "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case (.repeatableRead, true): "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        case (.serializable, false): "BEGIN ISOLATION LEVEL SERIALIZABLE"
        case (.serializable, true): "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"
        }
    }

    /// The role, the time-out and the settings as one statement; nil when there are none.
    var apply: ApplySettings? {
        var names: [String] = []
        var values: [String] = []
        if let role = self.role {
            names.append("role")
            values.append(role.description)
        }
        if let timeout = self.statementTimeout {
            names.append("statement_timeout")
            values.append(String(timeout.wholeMilliseconds))
        }
        for setting in self.settings {
            names.append(setting.name.description)
            values.append(setting.value)
        }
        return names.isEmpty ? nil : ApplySettings(names: names, values: values)
    }
}

/// Sets the role and other settings until the end of the transaction. `set_config('role', …, true)` is `SET LOCAL
/// ROLE`, with the same check of membership.
struct ApplySettings: Statement {
    static let sql: StaticString = """
        SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS setting (name, value)
        """

    var names: [String]
    var values: [String]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.names)
        bindings.append(self.values)
    }
}

extension Duration {
    /// Milliseconds, rounded up, at least 1: 0 would mean no limit.
    var wholeMilliseconds: Int { max(1, Int((self / .milliseconds(1)).rounded(.up))) }
}
