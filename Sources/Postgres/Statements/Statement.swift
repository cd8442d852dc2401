/// One SQL statement: its text, its parameters, its rows. A type per statement, beside the store that uses it.
///
/// The text is a `StaticString`, so no statement can be built at run time; optional filters are written
/// `($1::text IS NULL OR name = $1)`. The type's name is the statement's name in errors.
package protocol Statement: Sendable {
    /// What one row becomes; `Void` when rows are not expected (they are ignored).
    associatedtype Output: Sendable = Void

    /// The text, with parameters as `$1`, `$2`, …
    static var sql: StaticString { get }

    /// Appends the parameters in their order.
    func bind(_ bindings: inout Bindings)

    /// Reads one row, column by column in their order.
    ///
    /// - Throws: ``PostgresError`` with the code `decoding` when a column is not what it should be.
    static func decode(_ row: inout Row) throws(PostgresError) -> Output
}

extension Statement {
    package func bind(_ bindings: inout Bindings) {}

    /// The statement's name in errors: its type's.
    static var name: String { String(describing: Self.self) }
}

extension Statement where Output == Void {
    package static func decode(_ row: inout Row) throws(PostgresError) {}
}
