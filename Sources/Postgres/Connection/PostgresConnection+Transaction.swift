import Synchronization

private let lastTransaction = Atomic<TransactionTracker.ID>(0)

extension PostgresConnection {
    /// Runs a transaction: commits when the body returns, rolls back when it throws. COMMIT and ROLLBACK are sent also
    /// when the task is cancelled by then.
    ///
    /// - Throws: ``TransactionError``, which says where it failed.
    package nonisolated func withTransaction<T: Sendable, Failure: Error>(
        _ options: TransactionOptions = TransactionOptions(),
        _ body: (PostgresTransaction) async throws(Failure) -> T
    ) async throws(TransactionError<Failure>) -> T {
        let id = lastTransaction.wrappingAdd(1, ordering: .relaxed).newValue
        let transaction = PostgresTransaction(connection: self, id: id, options: options)
        let value: T
        do {
            value = try await body(transaction)
        } catch {
            let ending = await self.rollBack(id)
            if let beginError = ending.beginError {
                throw .begin(beginError)
            }
            throw .body(error, rollback: ending.rollbackError)
        }
        do {
            try await self.commit(id)
        } catch {
            throw .commit(error)
        }
        return value
    }

    private func commit(_ id: TransactionTracker.ID) async throws(PostgresError) {
        let beginError = self.transactions.beginError(id)
        guard self.transactions.end(id) else {
            return
        }
        let sink = CommandSink(name: "COMMIT")
        try await self.run([PipelineOperation("COMMIT", sink: sink)], isCancellable: false)
        if let error = beginError ?? sink.error {
            throw error
        }
        // PostgreSQL answers COMMIT in a failed transaction by rolling back, which is no error to it.
        guard sink.tag == "COMMIT" else {
            throw PostgresError(
                .server(.inFailedSQLTransaction),
                statement: "COMMIT",
                message: "the transaction was rolled back, because a statement in it had failed"
            )
        }
    }

    private func rollBack(
        _ id: TransactionTracker.ID
    ) async -> (beginError: PostgresError?, rollbackError: PostgresError?) {
        let beginError = self.transactions.beginError(id)
        guard self.transactions.end(id) else {
            return (beginError, nil)
        }
        let sink = CommandSink(name: "ROLLBACK")
        do {
            try await self.run([PipelineOperation("ROLLBACK", sink: sink)], isCancellable: false)
        } catch {
            return (beginError, error)
        }
        return (beginError, sink.error)
    }
}

// MARK: - Statements of a transaction

extension PostgresConnection {
    func execute<S: Statement>(
        _ statement: S,
        in transaction: PostgresTransaction
    ) async throws(PostgresError) -> [S.Output] {
        let sink = RowsSink<S>()
        try await self.run(PipelineOperation(statement, sink: sink), in: transaction)
        return try sink.get()
    }

    func affectedRows<S: Statement>(
        _ statement: S,
        in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        let sink = CommandSink(name: S.name)
        try await self.run(PipelineOperation(statement, sink: sink), in: transaction)
        if let error = sink.error {
            throw error
        }
        return sink.affectedRows
    }

    func copyIn(
        _ sql: StaticString,
        rows: some Sequence<[UInt8]> & Sendable,
        in transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        try await self.run(nil, in: transaction)
        return try await self.copyIn(sql, rows: rows)
    }

    /// Runs an operation in a transaction, which begins with its first one.
    private func run(
        _ operation: PipelineOperation?,
        in transaction: PostgresTransaction
    ) async throws(PostgresError) {
        let operations = operation.map { [$0] } ?? []
        while true {
            switch self.transactions.enter(transaction.id) {
            case .refuse(let error):
                throw error
            case .wait:
                await withCheckedContinuation { self.beginWaiters.append($0) }
            case .proceed:
                guard !operations.isEmpty else {
                    return
                }
                try await self.run(operations)
                return
            case .begin:
                let begin = CommandSink(name: "BEGIN")
                var error: PostgresError?
                do {
                    try await self.run(self.preamble(transaction.options, sink: begin) + operations)
                    error = begin.error
                } catch let cancelled {
                    error = cancelled
                }
                self.transactions.began(transaction.id, error)
                for waiter in self.beginWaiters {
                    waiter.resume()
                }
                self.beginWaiters = []
                if let error {
                    throw error
                }
                return
            }
        }
    }

    private func preamble(_ options: TransactionOptions, sink: CommandSink) -> [PipelineOperation] {
        var operations = [PipelineOperation(options.begin, sink: sink)]
        if let settings = options.apply {
            operations.append(PipelineOperation(settings, sink: sink))
        }
        return operations
    }
}

// MARK: - One round trip

extension PostgresConnection {
    /// Runs BEGIN, the settings, a statement and COMMIT in one round trip.
    ///
    /// - Throws: ``PostgresError``. With the code `connectionLost` the outcome is *unknown*, with `decoding` it was
    ///   committed, else nothing was done.
    package func transact<S: Statement>(
        _ options: TransactionOptions,
        _ statement: S
    ) async throws(PostgresError) -> [S.Output] {
        let sink = RowsSink<S>()
        let failure = try await self.transact(options, [PipelineOperation(statement, sink: sink)])
        let outputs = try sink.get()
        if let failure {
            throw failure
        }
        return outputs
    }

    /// Runs BEGIN, the settings, two statements and COMMIT in one round trip.
    ///
    /// - Throws: ``PostgresError``. With the code `connectionLost` the outcome is *unknown*, with `decoding` it was
    ///   committed, else nothing was done.
    package func transact<First: Statement, Second: Statement>(
        _ options: TransactionOptions,
        _ first: First,
        _ second: Second
    ) async throws(PostgresError) -> ([First.Output], [Second.Output]) {
        let firstSink = RowsSink<First>()
        let secondSink = RowsSink<Second>()
        let failure = try await self.transact(
            options,
            [PipelineOperation(first, sink: firstSink), PipelineOperation(second, sink: secondSink)]
        )
        let outputs = (try firstSink.get(), try secondSink.get())
        if let failure {
            throw failure
        }
        return outputs
    }

    /// Answers the error of COMMIT, which counts when no statement has one of its own.
    private func transact(
        _ options: TransactionOptions,
        _ operations: [PipelineOperation]
    ) async throws(PostgresError) -> PostgresError? {
        let begin = CommandSink(name: "BEGIN")
        let commit = CommandSink(name: "COMMIT")
        let commitOperation = PipelineOperation("COMMIT", sink: commit)
        try await self.run(self.preamble(options, sink: begin) + operations + [commitOperation])
        // When something failed, COMMIT was skipped and the transaction is still open.
        if !self.machine.isClosed, self.libpq.transactionStatus != .idle {
            let rollback = PipelineOperation("ROLLBACK", sink: CommandSink(name: "ROLLBACK"))
            try await self.run([rollback], isCancellable: false)
        }
        if let error = begin.error {
            throw error
        }
        return commit.error
    }
}
