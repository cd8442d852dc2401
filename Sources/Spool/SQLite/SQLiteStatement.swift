import CSQLite

/// The owner of a prepared statement. Parameters count from 1, columns from 0.
@safe
struct SQLiteStatement: ~Copyable {
    private let pointer: OpaquePointer?
    private let connection: SQLiteConnection

    init(_ pointer: OpaquePointer?, of connection: SQLiteConnection) {
        unsafe self.pointer = pointer
        self.connection = connection
    }

    deinit {
        unsafe sqlite3_finalize(self.pointer)
    }

    /// Goes to the next row; false: there is none, the statement is done.
    func step() throws(SQLiteError) -> Bool {
        let code = unsafe sqlite3_step(self.pointer)
        try self.connection.check(code)
        return code == SQLITE_ROW
    }

    /// Makes the statement ready for other parameters.
    func reset() throws(SQLiteError) {
        try self.connection.check(unsafe sqlite3_reset(self.pointer))
    }

    func bind(_ value: Int64, at index: Int32) throws(SQLiteError) {
        try self.connection.check(unsafe sqlite3_bind_int64(self.pointer, index, value))
    }

    func bind(_ value: String?, at index: Int32) throws(SQLiteError) {
        try self.bind(text: value.map { Array($0.utf8) }, at: index)
    }

    /// `text`: UTF-8.
    func bind(text: [UInt8]?, at index: Int32) throws(SQLiteError) {
        guard let text else { return try self.bindNull(at: index) }
        // One byte more, so that an empty text has an address as well: none would be NULL.
        let code = unsafe (text + [0]).withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return unsafe sqlite3_bind_text(self.pointer, index, start, Int32(text.count), sqlite3_transient())
        }
        try self.connection.check(code)
    }

    func bind(blob: [UInt8]?, at index: Int32) throws(SQLiteError) {
        guard let blob else { return try self.bindNull(at: index) }
        let code = unsafe blob.withUnsafeBytes { bytes in
            unsafe bytes.isEmpty
                ? sqlite3_bind_zeroblob(self.pointer, index, 0)
                : sqlite3_bind_blob(self.pointer, index, bytes.baseAddress, Int32(bytes.count), sqlite3_transient())
        }
        try self.connection.check(code)
    }

    private func bindNull(at index: Int32) throws(SQLiteError) {
        try self.connection.check(unsafe sqlite3_bind_null(self.pointer, index))
    }

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(self.pointer, column)
    }

    /// The bytes of a text or a blob; nil: NULL.
    func bytes(_ column: Int32) -> [UInt8]? {
        guard unsafe sqlite3_column_type(self.pointer, column) != SQLITE_NULL else { return nil }
        guard let start = unsafe sqlite3_column_blob(self.pointer, column) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(self.pointer, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    func text(_ column: Int32) -> String? {
        self.bytes(column).map { String(decoding: $0, as: UTF8.self) }
    }
}
