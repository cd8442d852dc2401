/// Takes what the server answers to one operation, on the connection's actor, as it arrives.
protocol OperationSink: AnyObject {
    /// Takes the result of the operation.
    func receive(_ result: consuming LibpqResult)

    /// Learns that the operation failed; the first error counts.
    func fail(_ error: PostgresError)
}

/// Decodes the rows of a statement.
final class RowsSink<S: Statement>: OperationSink {
    private var outputs: [S.Output] = []
    private var error: PostgresError?

    func receive(_ result: consuming LibpqResult) {
        guard S.Output.self != Void.self else {
            return
        }
        var row = Row(result, statement: { S.name })
        let count = row.rowCount
        self.outputs.reserveCapacity(count)
        do {
            for index in 0..<count {
                row.move(to: index)
                self.outputs.append(try S.decode(&row))
            }
        } catch {
            self.fail(error)
        }
    }

    func fail(_ error: PostgresError) {
        self.error = self.error ?? error.named(S.name)
    }

    /// The decoded rows.
    func get() throws(PostgresError) -> [S.Output] {
        if let error = self.error {
            throw error
        }
        return self.outputs
    }
}

/// Takes how many rows a statement wrote, and its command tag.
final class CommandSink: OperationSink {
    private let name: String
    private(set) var affectedRows = 0
    private(set) var tag = ""
    private(set) var error: PostgresError?

    init(name: String) {
        self.name = name
    }

    func receive(_ result: consuming LibpqResult) {
        self.affectedRows = result.affectedRows
        self.tag = result.commandTag
    }

    func fail(_ error: PostgresError) {
        self.error = self.error ?? error.named(self.name)
    }
}

/// Takes the description of a statement.
final class DescriptionSink: OperationSink {
    private var description: StatementDescription?
    private var error: PostgresError?

    func receive(_ result: consuming LibpqResult) {
        self.description = result.description
    }

    func fail(_ error: PostgresError) {
        self.error = self.error ?? error
    }

    /// The description.
    func get() throws(PostgresError) -> StatementDescription {
        if let error = self.error {
            throw error
        }
        guard let description = self.description else {
            throw PostgresError(.protocolViolation, message: "the server did not describe the statement")
        }
        return description
    }
}
