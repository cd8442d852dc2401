/// A cursor over the columns of one row of a result, in their order.
///
/// It owns the result that it reads from. In describe mode it has none, hands out sample values, and records which
/// types are asked for: so a test can compare what ``Statement/decode(_:)`` reads with what the database delivers.
package struct Row: ~Copyable {
    private let result: LibpqResult
    private let statement: @Sendable () -> String
    private let isDescribing: Bool
    private var index = 0
    private var column = 0
    private(set) var requested: [Set<PostgresType>] = []

    init(_ result: consuming LibpqResult, statement: @escaping @Sendable () -> String) {
        self.result = result
        self.statement = statement
        self.isDescribing = false
    }

    init(describing statement: @escaping @Sendable () -> String) {
        self.result = LibpqResult.none
        self.statement = statement
        self.isDescribing = true
    }

    /// How many rows the result has.
    var rowCount: Int { self.result.rowCount }

    /// Goes to the first column of a row.
    mutating func move(to index: Int) {
        self.index = index
        self.column = 0
    }

    /// Reads the next column.
    ///
    /// - Throws: ``PostgresError`` with the code `decoding` when the column is NULL, of another type, or missing.
    package mutating func next<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard let value = try self.nextOptional(type) else {
            throw self.failure(at: self.column - 1, "is NULL, \(type) was expected")
        }
        return value
    }

    /// Reads the next column, nil for NULL.
    ///
    /// - Throws: ``PostgresError`` with the code `decoding` when the column is of another type, or missing.
    package mutating func nextOptional<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? {
        let column = self.column
        self.column += 1
        guard !self.isDescribing else {
            self.requested.append(Value.acceptedTypes)
            return Value.describeSample
        }
        guard column < self.result.columnCount else {
            throw self.failure(at: column, "is missing: the result has \(self.result.columnCount)")
        }
        let actual = self.result.type(ofColumn: column)
        guard actual == Value.postgresType || Value.acceptedTypes.contains(actual) else {
            throw self.failure(at: column, "is \(actual), \(type) was expected")
        }
        do {
            return try self.result.value(row: self.index, column: column)
        } catch {
            throw self.failure(at: column, error.message)
        }
    }

    private func failure(at column: Int, _ what: String) -> PostgresError {
        let name = self.result.name(ofColumn: column)
        let label = name.map { "column \(column + 1) (\($0))" } ?? "column \(column + 1)"
        var error = PostgresError(.decoding, statement: self.statement(), message: "\(label) \(what)")
        error.column = name
        return error
    }
}
