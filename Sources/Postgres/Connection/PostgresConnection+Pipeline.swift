import Dispatch
import Logging

extension PostgresConnection {
    /// Runs a statement in a transaction of its own and decodes its rows. Concurrent callers share the pipeline.
    ///
    /// - Throws: ``PostgresError``; with the code `connectionLost` the statement may have been done or not.
    package func execute<S: Statement>(_ statement: S) async throws(PostgresError) -> [S.Output] {
        let sink = RowsSink<S>()
        try await self.run([PipelineOperation(statement, sink: sink)])
        return try sink.get()
    }

    /// Runs a statement in a transaction of its own; answers how many rows it wrote (or, for a SELECT, read).
    ///
    /// - Throws: ``PostgresError``; with the code `connectionLost` the statement may have been done or not.
    package func affectedRows<S: Statement>(_ statement: S) async throws(PostgresError) -> Int {
        let sink = CommandSink(name: S.name)
        try await self.run([PipelineOperation(statement, sink: sink)])
        if let error = sink.error {
            throw error
        }
        return sink.affectedRows
    }

    /// Sends operations as one segment and waits until all are answered; each sink then knows its own result.
    ///
    /// - Throws: `cancelled` when the task was cancelled before anything was sent.
    func run(_ operations: [PipelineOperation], isCancellable: Bool = true) async throws(PostgresError) {
        let segment = PipelineSegment(id: self.nextSegmentID(), operations: operations)
        guard isCancellable else {
            await self.submit(segment, mode: .pipelined)
            return
        }
        guard !Task.isCancelled else {
            throw .cancelled
        }
        await self.withCancellation(of: segment.id) {
            await self.submit(segment, mode: .pipelined)
        }
    }

    /// Runs an operation; when the task is cancelled meanwhile, the server is asked to stop the segment.
    func withCancellation<Value>(of id: PipelineSegment.ID, _ operation: () async -> Value) async -> Value {
        await withTaskCancellationHandler {
            await operation()
        } onCancel: {
            self.executor.queue.async {
                self.assumeIsolated { $0.cancel(id) }
            }
        }
    }

    /// Hands a segment in and waits: until it is answered, or, when it is exclusive, until it may start.
    func submit(_ segment: PipelineSegment, mode: PipelineStateMachine<PipelineSegment>.Mode) async {
        await withCheckedContinuation { continuation in
            segment.continuation = continuation
            switch self.machine.submit(segment, mode: mode) {
            case .proceed:
                self.advance()
                self.publishStatus()
            case .refuse(let segment):
                segment.fail(
                    PostgresError(.connectionLost, message: "the connection to PostgreSQL at \(self.target) is closed")
                )
                segment.resume()
            }
        }
    }

    /// Puts on the wire whatever may go.
    func advance() {
        while let action = self.machine.next() {
            switch action {
            case .send(let segment):
                self.send(segment)
            case .begin(let segment):
                guard self.libpq.exitPipeline() else {
                    self.lose()
                    return
                }
                segment.resume()
            }
        }
    }

    private func send(_ segment: PipelineSegment) {
        var steps: [PipelineStep] = []
        for (index, operation) in segment.operations.enumerated() {
            guard self.send(operation, at: index, steps: &steps) else {
                self.machine.didSend(segment, steps: steps)
                self.lose()
                return
            }
        }
        self.machine.didSend(segment, steps: steps)
        guard self.libpq.sendSync() else {
            self.lose()
            return
        }
        self.flush()
    }

    private func send(_ operation: PipelineOperation, at index: Int, steps: inout [PipelineStep]) -> Bool {
        switch operation.kind {
        case .describe(let types):
            steps += [.prepare(operation: index), .run(operation: index)]
            return self.libpq.sendPrepare(name: "", sql: operation.sql, types: types)
                && self.libpq.sendDescribe(name: "")
        case .run(let bindings):
            switch self.statements.plan(for: StatementKey(operation.sql), types: bindings.types) {
            case .prepared(let name):
                steps.append(.run(operation: index))
                return self.libpq.sendPrepared(name: name, bindings: bindings)
            case .prepare(let name):
                steps += [.prepare(operation: index), .run(operation: index)]
                return self.libpq.sendPrepare(name: name, sql: operation.sql, types: bindings.types)
                    && self.libpq.sendPrepared(name: name, bindings: bindings)
            case .unprepared:
                steps.append(.run(operation: index))
                return self.libpq.sendUnprepared(sql: operation.sql, bindings: bindings)
            }
        }
    }
}

// MARK: - Receiving

extension PostgresConnection {
    /// Takes all results that have arrived.
    func receive() {
        while self.machine.expectsResults, !self.libpq.isBusy {
            if let result = self.libpq.nextResult() {
                self.take(result)
            } else if case .lost = self.machine.received(.end) {
                self.lose()
                return
            }
        }
    }

    private func take(_ result: consuming LibpqResult) {
        let answer: PipelineAnswer
        switch result.kind {
        case .complete: answer = .complete
        case .error: answer = .error
        case .skipped: answer = .skipped
        case .sync: answer = .sync
        case .copyIn, .copyOut:
            self.violate()
            return
        }
        switch self.machine.received(answer) {
        case .complete(let segment, .run(let index)):
            segment.operations[index].sink.receive(result)
        case .complete(let segment, .prepare(let index)):
            self.statements.prepared(StatementKey(segment.operations[index].sql))
        case .fail(let segment, let step):
            self.fail(segment, step, self.refine(result.error, of: segment))
        case .skip(let segment, let step):
            let reason = segment.error ?? PostgresError(.protocolViolation, message: "skipped without an error")
            self.fail(segment, step, reason)
        case .finish(let segment):
            self.publishStatus()
            self.finish(segment)
        case .proceed:
            break
        case .lost:
            self.lose()
        case .violation:
            self.violate()
        }
    }

    private func finish(_ segment: PipelineSegment) {
        // Not before the cancel request has arrived: the connection would look unfit for the next user until then.
        if segment.isCancelled, self.machine.isCancelling {
            self.heldSegment = segment
            return
        }
        segment.resume()
        if let next = self.machine.cancelDue() {
            self.cancelOnServer(next)
        }
    }

    private func fail(_ segment: PipelineSegment, _ step: PipelineStep?, _ error: PostgresError) {
        switch step {
        case .none:
            segment.fail(error)
        case .prepare(let index):
            self.statements.forget(StatementKey(segment.operations[index].sql))
            segment.fail(operation: index, error)
        case .run(let index):
            // The table behind it changed, or the session lost it: prepare it anew next time.
            if error.sqlState == .featureNotSupported || error.sqlState == .invalidSQLStatementName {
                self.statements.forget(StatementKey(segment.operations[index].sql))
            }
            segment.fail(operation: index, error)
        }
    }

    /// Tells the three reasons apart for which a server cancels a query.
    func refine(_ error: PostgresError, of segment: PipelineSegment) -> PostgresError {
        guard error.sqlState == .queryCanceled else {
            return error
        }
        if segment.isCancelled {
            return .cancelled
        }
        // Somebody else's pg_cancel_backend; the text is the untranslated one, the default is the frequent case.
        guard !error.message.contains("user request") else {
            return error
        }
        var error = error
        error.code = .timedOut
        return error
    }

    func violate() {
        self.close(
            PostgresError(
                .protocolViolation,
                message: "PostgreSQL at \(self.target) sent an answer that does not belong here"
            )
        )
    }
}

// MARK: - Cancelling

extension PostgresConnection {
    private func cancel(_ id: PipelineSegment.ID) {
        switch self.machine.cancel(id) {
        case .fail(let segment):
            segment.isCancelled = true
            segment.fail(.cancelled)
            segment.resume()
            self.advance()
            self.publishStatus()
        case .cancelOnServer(let segment):
            self.cancelOnServer(segment)
        case .proceed:
            break
        }
    }

    private func cancelOnServer(_ segment: PipelineSegment) {
        segment.isCancelled = true
        let id = segment.id
        let handle = self.libpq.cancelHandle
        LibpqCancel.queue.async {
            let isDelivered = handle.perform()
            self.executor.queue.async {
                self.assumeIsolated { $0.cancelDelivered(isDelivered) }
            }
        }
        self.executor.queue.asyncAfter(deadline: .now() + PostgresConnection.cancelPatience) { [weak self] in
            self?.assumeIsolated { $0.giveUp(id) }
        }
    }

    private func cancelDelivered(_ isDelivered: Bool) {
        if !isDelivered {
            self.logger.debug("a cancel request did not reach PostgreSQL")
        }
        self.machine.cancelDelivered()
        self.advance()
        if let next = self.machine.cancelDue() {
            self.cancelOnServer(next)
        }
        self.publishStatus()
        self.heldSegment?.resume()
        self.heldSegment = nil
    }

    /// The server did not stop a cancelled query in time: the connection goes, so the caller does not wait for ever.
    private func giveUp(_ id: PipelineSegment.ID) {
        guard self.machine.isUnfinished(id) || self.heldSegment?.id == id else {
            return
        }
        self.close(
            PostgresError(.connectionLost, message: "PostgreSQL at \(self.target) did not stop a cancelled query")
        )
    }
}
