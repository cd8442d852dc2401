/// Names a statement by where its text lies in the program: a `StaticString` never moves and never goes away.
struct StatementKey: Hashable {
    private var address: UInt

    /// Nil for a text of a single character, which Swift may store without an address.
    init?(_ sql: StaticString) {
        guard sql.hasPointerRepresentation else {
            return nil
        }
        self.address = unsafe UInt(bitPattern: sql.utf8Start)
    }
}
