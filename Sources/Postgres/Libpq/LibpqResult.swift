import CLibpq

/// The owner of a `PGresult`: what the server answered to one statement.
@safe
struct LibpqResult: ~Copyable {
    /// What kind of answer it is.
    enum Kind: Equatable {
        /// Rows, or that a command without rows is complete.
        case complete
        case error
        /// Not run, because a statement before it in the same pipeline segment failed.
        case skipped
        /// The end of a pipeline segment.
        case sync
        /// The server waits for COPY data.
        case copyIn
        /// The server sends COPY data, which nobody here asks for.
        case copyOut
    }

    private let pointer: OpaquePointer?

    init(_ pointer: OpaquePointer?) {
        unsafe self.pointer = pointer
    }

    /// A result without rows and columns; libpq's functions take it as it is.
    static var none: LibpqResult { unsafe LibpqResult(nil) }

    deinit {
        unsafe PQclear(self.pointer)
    }

    var kind: Kind {
        switch unsafe PQresultStatus(self.pointer) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_SINGLE_TUPLE, PGRES_EMPTY_QUERY:
            .complete
        case PGRES_PIPELINE_SYNC:
            .sync
        case PGRES_PIPELINE_ABORTED:
            .skipped
        case PGRES_COPY_IN:
            .copyIn
        case PGRES_COPY_OUT, PGRES_COPY_BOTH:
            .copyOut
        default:
            .error
        }
    }

    var rowCount: Int { unsafe Int(PQntuples(self.pointer)) }

    var columnCount: Int { unsafe Int(PQnfields(self.pointer)) }

    /// The command tag, such as `INSERT 0 1` or `COMMIT`.
    var commandTag: String {
        guard let tag = unsafe PQcmdStatus(self.pointer) else {
            return ""
        }
        return unsafe String(cString: tag)
    }

    /// How many rows the command wrote or read.
    var affectedRows: Int {
        guard let count = unsafe PQcmdTuples(self.pointer) else {
            return 0
        }
        return unsafe Int(String(cString: count)) ?? 0
    }

    func type(ofColumn column: Int) -> PostgresType {
        unsafe PostgresType(oid: PQftype(self.pointer, Int32(truncatingIfNeeded: column)))
    }

    func name(ofColumn column: Int) -> String? {
        guard let name = unsafe PQfname(self.pointer, Int32(truncatingIfNeeded: column)) else {
            return nil
        }
        return unsafe String(cString: name)
    }

    /// Reads a value, nil for NULL. The row and the column must exist.
    ///
    /// - Throws: ``PostgresDecodingError`` when the bytes are not such a value.
    func value<Value: PostgresDecodable>(
        row: Int,
        column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresDecodingError) -> Value? {
        let row = Int32(truncatingIfNeeded: row)
        let column = Int32(truncatingIfNeeded: column)
        guard
            unsafe PQgetisnull(self.pointer, row, column) == 0,
            let start = unsafe PQgetvalue(self.pointer, row, column)
        else {
            return nil
        }
        let count = unsafe Int(PQgetlength(self.pointer, row, column))
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
        return try Value(postgresBytes: unsafe Span(_unsafeElements: bytes))
    }

    /// What the description of a prepared statement says.
    var description: StatementDescription {
        let parameters = unsafe (0..<PQnparams(self.pointer)).map { index in
            unsafe PostgresType(oid: PQparamtype(self.pointer, index))
        }
        let columns = (0..<self.columnCount).map { index in
            StatementDescription.Column(name: self.name(ofColumn: index) ?? "", type: self.type(ofColumn: index))
        }
        return StatementDescription(parameters: parameters, columns: columns)
    }
}

extension LibpqResult {
    /// The error that this result is.
    var error: PostgresError {
        guard let state = self.field(.sqlState) else {
            let text = unsafe PQresultErrorMessage(self.pointer).map { unsafe String(cString: $0) } ?? ""
            return PostgresError(.connectionLost, message: text.firstLine)
        }
        let message = self.field(.message) ?? "no message"
        var error = PostgresError(.server(SQLState(rawValue: state)), message: message)
        error.detail = self.field(.detail)
        error.hint = self.field(.hint)
        error.table = self.field(.table)
        error.column = self.field(.column)
        error.constraint = self.field(.constraint)
        return error
    }

    private func field(_ field: LibpqErrorField) -> String? {
        unsafe field.value(of: self.pointer)
    }
}

extension String {
    /// The first line: libpq adds advice in further ones.
    var firstLine: String {
        self.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? self
    }
}
