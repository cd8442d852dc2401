/// A transaction, for the time that its body runs. Its statements may run concurrently: they share the pipeline.
///
/// BEGIN, the role and the settings travel with the first statement; a body without statements begins nothing.
package struct PostgresTransaction: Sendable {
    let connection: PostgresConnection
    let id: TransactionTracker.ID
    let options: TransactionOptions

    /// Runs a statement and decodes its rows.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be rolled back, by throwing out of the body.
    package func execute<S: Statement>(_ statement: S) async throws(PostgresError) -> [S.Output] {
        try await self.connection.execute(statement, in: self)
    }

    /// Runs a statement; answers how many rows it wrote (or, for a SELECT, read).
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be rolled back, by throwing out of the body.
    package func affectedRows<S: Statement>(_ statement: S) async throws(PostgresError) -> Int {
        try await self.connection.affectedRows(statement, in: self)
    }

    /// Runs a statement and decodes its rows; answers the first.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be rolled back, by throwing out of the body.
    package func first<S: Statement>(_ statement: S) async throws(PostgresError) -> S.Output? {
        try await self.execute(statement).first
    }

    /// Runs a `COPY … FROM STDIN`; answers how many rows it wrote. See ``PostgresConnection/copyIn(_:rows:)``.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be rolled back, by throwing out of the body.
    package func copyIn(
        _ sql: StaticString,
        rows: some Sequence<[UInt8]> & Sendable
    ) async throws(PostgresError) -> Int {
        try await self.connection.copyIn(sql, rows: rows, in: self)
    }

    /// Notifies the listeners of a channel when the transaction commits. The same payload twice is sent once.
    ///
    /// - Throws: ``PostgresError``; the transaction can then only be rolled back, by throwing out of the body.
    package func notify(channel: String, payload: String) async throws(PostgresError) {
        _ = try await self.execute(Notify(channel: channel, payload: payload))
    }
}

private struct Notify: Statement {
    static let sql: StaticString = "SELECT pg_notify($1, $2)"

    var channel: String
    var payload: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.channel)
        bindings.append(self.payload)
    }
}
