/// What one caller has a connection do in one go, and who waits for it. Lives on its connection's actor.
final class PipelineSegment: Identifiable {
    let id: UInt64
    let operations: [PipelineOperation]
    /// Resumed when everything is answered; for an exclusive segment, when it may start.
    var continuation: CheckedContinuation<Void, Never>?
    /// The caller's task was cancelled.
    var isCancelled = false
    /// The first error.
    private(set) var error: PostgresError?

    init(id: UInt64, operations: [PipelineOperation] = []) {
        self.id = id
        self.operations = operations
    }

    /// Says that the segment failed: also for operations that were answered, since nothing of it was committed (a
    /// commit among them, whose answer came, stays what it was).
    func fail(_ error: PostgresError) {
        self.error = self.error ?? error
        for operation in self.operations {
            operation.sink.fail(self.error ?? error)
        }
    }

    /// Says that one operation failed.
    func fail(operation index: Int, _ error: PostgresError) {
        self.error = self.error ?? error
        self.operations[index].sink.fail(error)
    }

    /// Lets the caller go on.
    func resume() {
        self.continuation?.resume()
        self.continuation = nil
    }
}

/// One statement of a segment.
struct PipelineOperation {
    enum Kind {
        case run(Bindings)
        /// Prepare with these parameter types and describe, do not run.
        case describe([PostgresType])
    }

    var sql: StaticString
    var kind: Kind
    var sink: any OperationSink

    /// Runs a statement for the rows or the count that the sink takes.
    init<S: Statement>(_ statement: S, sink: any OperationSink) {
        var bindings = Bindings()
        statement.bind(&bindings)
        self.init(S.sql, bindings, sink: sink)
    }

    init(_ sql: StaticString, _ bindings: Bindings = Bindings(), sink: any OperationSink) {
        self.sql = sql
        self.kind = .run(bindings)
        self.sink = sink
    }

    init(describing sql: StaticString, parameterTypes: [PostgresType], sink: any OperationSink) {
        self.sql = sql
        self.kind = .describe(parameterTypes)
        self.sink = sink
    }
}
