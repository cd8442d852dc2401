import CSQLite

/// What SQLite answered instead of doing what was asked. Its messages name tables and files, never values.
struct SQLiteError: Error, Hashable {
    /// What can be done about it.
    enum Kind: Hashable {
        /// No room on the disk.
        case full
        /// The file is damaged, or is no database.
        case corrupt
        /// Another process has it.
        case busy
        /// Everything else: input and output, permissions, defects.
        case other
    }

    /// SQLite's extended result code.
    var code: Int32
    var message: String

    var kind: Kind {
        switch self.code & 0xff {
        case SQLITE_FULL: .full
        case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        default: .other
        }
    }

    /// What a check of the file found.
    static func damaged(_ finding: String) -> SQLiteError {
        SQLiteError(code: SQLITE_CORRUPT, message: finding)
    }
}

extension SQLiteError {
    /// The file has all the bytes that it may have.
    static let beyondLimit = SQLiteError(code: SQLITE_FULL, message: "the spool has reached its limit")

    /// The file could not be made.
    static func cannotCreate(_ reason: String, isDiskFull: Bool) -> SQLiteError {
        SQLiteError(code: isDiskFull ? SQLITE_FULL : SQLITE_CANTOPEN, message: reason)
    }

    /// The file is sound, but not one that this program understands.
    static func foreign(_ reason: String) -> SQLiteError {
        SQLiteError(code: SQLITE_ERROR, message: reason)
    }
}
