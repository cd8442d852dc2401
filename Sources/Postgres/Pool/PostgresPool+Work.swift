extension PostgresPool {
    /// Runs the body with a connection that nobody else uses meanwhile.
    ///
    /// - Throws: ``PoolError``: `lease` when no connection could be had, `body` with what the body threw.
    package func withConnection<T: Sendable, Failure: Error>(
        _ body: (PostgresConnection) async throws(Failure) -> T
    ) async throws(PoolError<Failure>) -> T {
        let connection: PostgresConnection
        do {
            connection = try await self.lease()
        } catch {
            throw .lease(error)
        }
        defer { self.release(connection) }
        do {
            return try await body(connection)
        } catch {
            throw .body(error)
        }
    }

    /// Runs a transaction: commits when the body returns, rolls back when it throws. COMMIT and ROLLBACK are sent also
    /// when the task is cancelled by then.
    ///
    /// - Throws: ``TransactionError``, which says where it failed; without a connection that is `begin`.
    package func withTransaction<T: Sendable, Failure: Error>(
        _ options: TransactionOptions = TransactionOptions(),
        _ body: (PostgresTransaction) async throws(Failure) -> T
    ) async throws(TransactionError<Failure>) -> T {
        let connection: PostgresConnection
        do {
            connection = try await self.lease()
        } catch {
            throw .begin(error)
        }
        defer { self.release(connection) }
        return try await connection.withTransaction(options, body)
    }

    /// Runs one statement in a transaction of its own.
    ///
    /// - Throws: ``PostgresError``; with the code `connectionLost` the statement may have been done or not.
    package func execute<S: Statement>(_ statement: S) async throws(PostgresError) -> [S.Output] {
        let connection = try await self.lease()
        defer { self.release(connection) }
        return try await connection.execute(statement)
    }

    /// Runs one statement in a transaction of its own; answers how many rows it wrote.
    ///
    /// - Throws: ``PostgresError``; with the code `connectionLost` the statement may have been done or not.
    package func affectedRows<S: Statement>(_ statement: S) async throws(PostgresError) -> Int {
        let connection = try await self.lease()
        defer { self.release(connection) }
        return try await connection.affectedRows(statement)
    }

    /// Runs a whole transaction in one round trip. See ``PostgresConnection/transact(_:_:)``.
    ///
    /// - Throws: ``PostgresError``. With the code `connectionLost` the outcome is *unknown*, with `decoding` it was
    ///   committed, else nothing was done.
    package func transact<S: Statement>(
        _ options: TransactionOptions,
        _ statement: S
    ) async throws(PostgresError) -> [S.Output] {
        let connection = try await self.lease()
        defer { self.release(connection) }
        return try await connection.transact(options, statement)
    }

    /// Runs a whole transaction of two statements in one round trip. See ``PostgresConnection/transact(_:_:_:)``.
    ///
    /// - Throws: ``PostgresError``. With the code `connectionLost` the outcome is *unknown*, with `decoding` it was
    ///   committed, else nothing was done.
    package func transact<First: Statement, Second: Statement>(
        _ options: TransactionOptions,
        _ first: First,
        _ second: Second
    ) async throws(PostgresError) -> ([First.Output], [Second.Output]) {
        let connection = try await self.lease()
        defer { self.release(connection) }
        return try await connection.transact(options, first, second)
    }

    /// Asks the database for an answer.
    ///
    /// - Throws: ``PostgresError`` when none comes.
    package func ping() async throws(PostgresError) {
        _ = try await self.execute(Ping())
    }
}

private struct Ping: Statement {
    static let sql: StaticString = "SELECT 1"
}
