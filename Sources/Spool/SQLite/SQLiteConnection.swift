import CSQLite

/// The owner of a `sqlite3`. Blocking: for the spool's own queue only.
@safe
final class SQLiteConnection {
    private let handle: OpaquePointer?

    /// Opens a database file that exists.
    init(path: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        // No mutex of SQLite's own: one queue uses it.
        let code = unsafe sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        unsafe self.handle = handle
        unsafe sqlite3_extended_result_codes(handle, 1)
        try self.check(code)
    }

    deinit {
        unsafe sqlite3_close_v2(self.handle)
    }

    /// Runs statements that answer nothing of interest.
    func run(_ sql: String) throws(SQLiteError) {
        try self.check(unsafe sqlite3_exec(self.handle, sql, nil, nil, nil))
    }

    /// Prepares one statement.
    func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        try self.check(unsafe sqlite3_prepare_v2(self.handle, sql, -1, &statement, nil))
        return unsafe SQLiteStatement(statement, of: self)
    }

    /// The number that a statement of one row and column answers; nil: no row.
    func number(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try self.prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// Runs `body` in a transaction, which is durable when this returns; takes it back when `body` throws.
    func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try self.run("BEGIN IMMEDIATE")
        do {
            try body()
            try self.run("COMMIT")
        } catch {
            // Some errors have ended the transaction already.
            if unsafe sqlite3_get_autocommit(self.handle) == 0 {
                try? self.run("ROLLBACK")
            }
            throw error
        }
    }

    /// Throws unless the code is one of success.
    func check(_ code: Int32) throws(SQLiteError) {
        guard code != SQLITE_OK, code != SQLITE_ROW, code != SQLITE_DONE else { return }
        let text = unsafe sqlite3_errmsg(self.handle).map { unsafe String(cString: $0) }
        throw SQLiteError(code: code, message: text ?? "error \(code)")
    }
}
