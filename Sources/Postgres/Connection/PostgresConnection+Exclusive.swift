// Scripts and COPY are not possible in a pipeline: they wait until nothing is on its way, leave the pipeline, and enter
// it again.

extension PostgresConnection {
    /// Runs a text of one or several statements by the simple protocol: for migrations. Without BEGIN in it, several
    /// statements are one transaction. Rows are ignored. After an error inside a BEGIN the session stays in its failed
    /// transaction; the caller rolls it back.
    ///
    /// - Throws: The ``PostgresError`` of the first statement that fails; those behind it are not run.
    package func script(_ sql: String) async throws(PostgresError) {
        try await self.exclusively { () async throws(PostgresError) -> Void in
            guard self.libpq.sendScript(sql) else {
                throw self.sendFailure()
            }
            _ = try await self.finishExclusive()
        }
    }

    /// Runs a `COPY … FROM STDIN`, outside a transaction; answers how many rows it wrote. The chunks are what the
    /// COPY's format says, cut anywhere; in text and CSV format every row ends in a newline.
    ///
    /// - Throws: ``PostgresError``; nothing was written then.
    package func copyIn(
        _ sql: StaticString,
        rows: some Sequence<[UInt8]> & Sendable
    ) async throws(PostgresError) -> Int {
        try await self.exclusively { () async throws(PostgresError) -> Int in
            guard self.libpq.sendScript(sql) else {
                throw self.sendFailure()
            }
            guard let first = try await self.exclusiveResult() else {
                throw PostgresError(.protocolViolation, message: "COPY was not answered")
            }
            guard first.kind == .copyIn else {
                let error = first.kind == .error ? first.error : nil
                _ = try? await self.finishExclusive()
                throw error ?? PostgresError(.protocolViolation, message: "the statement is not a COPY … FROM STDIN")
            }
            for chunk in rows {
                guard !Task.isCancelled else {
                    try await self.putRetrying { $0.libpq.endCopy(failure: "the task was cancelled") }
                    _ = try? await self.finishExclusive()
                    throw .cancelled
                }
                try await self.putRetrying { $0.libpq.putCopyData(chunk) }
            }
            try await self.putRetrying { $0.libpq.endCopy(failure: nil) }
            return try await self.finishExclusive()
        }
    }

    /// Waits for the connection, leaves the pipeline, runs the body, enters the pipeline again.
    private func exclusively<T: Sendable>(
        _ body: () async throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        guard !Task.isCancelled else {
            throw .cancelled
        }
        let segment = PipelineSegment(id: self.nextSegmentID())
        let outcome = await self.withCancellation(of: segment.id) {
            await self.runExclusively(segment, body)
        }
        return try outcome.get()
    }

    private func runExclusively<T: Sendable>(
        _ segment: PipelineSegment,
        _ body: () async throws(PostgresError) -> T
    ) async -> Result<T, PostgresError> {
        await self.submit(segment, mode: .exclusive)
        if let error = segment.error {
            return .failure(error)
        }
        defer { self.endExclusive() }
        do throws(PostgresError) {
            return .success(try await body())
        } catch {
            return .failure(self.refine(segment.error ?? error, of: segment))
        }
    }

    private func endExclusive() {
        guard !self.machine.isClosed else {
            return
        }
        guard self.libpq.enterPipeline() else {
            self.lose()
            return
        }
        self.machine.exclusiveFinished()
        self.advance()
        self.publishStatus()
    }

    /// The next result outside the pipeline; nil when there are no more.
    private func exclusiveResult() async throws(PostgresError) -> LibpqResult? {
        self.flush()
        while !self.machine.isClosed {
            if !self.libpq.isBusy {
                return self.libpq.nextResult()
            }
            await self.waitForSocket()
        }
        throw self.sendFailure()
    }

    /// Takes results until there are no more; answers the rows that the last command wrote.
    private func finishExclusive() async throws(PostgresError) -> Int {
        var affected = 0
        var failure: PostgresError?
        while let result = try await self.exclusiveResult() {
            switch result.kind {
            case .complete:
                affected = result.affectedRows
            case .error:
                failure = failure ?? result.error
            case .copyIn, .copyOut, .sync, .skipped:
                self.violate()
                throw PostgresError(.protocolViolation, message: "a script may not contain COPY")
            }
        }
        if let failure {
            throw failure
        }
        return affected
    }

    /// Puts COPY data or its end, waiting for room as often as needed.
    private func putRetrying(
        _ put: (isolated PostgresConnection) -> Bool?
    ) async throws(PostgresError) {
        while !self.machine.isClosed {
            switch put(self) {
            case .some(true):
                // libpq would keep it all in memory: the socket sets the pace.
                while self.flush() {
                    await self.waitForSocket()
                }
                return
            case .some(false):
                throw self.sendFailure()
            case .none:
                self.flush()
                await self.waitForSocket()
            }
        }
        throw self.sendFailure()
    }

    private func waitForSocket() async {
        guard !self.machine.isClosed else {
            return
        }
        await withCheckedContinuation { self.socketWaiter = $0 }
    }

    private func sendFailure() -> PostgresError {
        guard !self.machine.isClosed else {
            return PostgresError(
                .connectionLost,
                message: "the connection to PostgreSQL at \(self.target) was lost"
            )
        }
        return PostgresError(.protocolViolation, message: self.libpq.errorMessage.firstLine)
    }
}
