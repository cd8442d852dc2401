import Telephony

extension SQLiteConnection {
    private static let schemaVersion: Int64 = 1

    /// `pageLimit`: where the disk counts as full; nil: where it is.
    func configure(pageLimit: Int?) throws(SQLiteError) {
        // Exclusive: no other process reads it, so that SQLite needs no shared memory. Full: a commit is on the disk.
        try self.run(
            """
            PRAGMA locking_mode = exclusive; PRAGMA journal_mode = wal; PRAGMA synchronous = full;
            PRAGMA journal_size_limit = 4194304; PRAGMA cell_size_check = on; PRAGMA trusted_schema = off
            """
        )
        if let pageLimit {
            try self.run("PRAGMA max_page_count = \(pageLimit)")
        }
    }

    /// Makes the table in a new file, or checks a file that is there; true: it is new.
    func prepareSchema() throws(SQLiteError) -> Bool {
        let version = try self.number("PRAGMA user_version") ?? 0
        let isEmpty = try self.number("SELECT count(*) FROM sqlite_schema") == 0
        switch (version, isEmpty) {
        case (0, true):
            try self.transaction { () throws(SQLiteError) in
                try self.run(
                    """
                    CREATE TABLE events (
                      place INTEGER PRIMARY KEY AUTOINCREMENT, event_id INTEGER NOT NULL, tenant_id TEXT NOT NULL,
                      extension_id INTEGER NOT NULL, arrived_at INTEGER NOT NULL, call_id TEXT, fields TEXT, raw BLOB,
                      quarantine TEXT, source TEXT) STRICT;
                    PRAGMA user_version = \(Self.schemaVersion)
                    """
                )
            }
            return true
        case (Self.schemaVersion, false):
            let check = try self.prepare("PRAGMA quick_check(1)")
            let finding = try check.step() ? check.text(0) ?? "" : ""
            guard finding == "ok" else { throw .damaged(finding) }
            return false
        default:
            throw .foreign(
                "\(SpoolFile.name) was written by another version or program (version \(version)); move it away"
            )
        }
    }

    /// Of the file and its log together, without what is free in the file.
    func usedBytes() throws(SQLiteError) -> Int64 {
        let pages = try self.number("PRAGMA page_count") ?? 0
        let free = try self.number("PRAGMA freelist_count") ?? 0
        return (pages - free) * (try self.number("PRAGMA page_size") ?? 0)
    }
}

extension SQLiteStatement {
    /// The parameters of an insert, in the order of ``event()``.
    func bind(_ event: LateEvent) throws(SQLiteError) {
        try self.bind(event.eventID, at: 1)
        try self.bind(event.tenantID.rawValue, at: 2)
        try self.bind(event.extensionID.rawValue, at: 3)
        try self.bind(event.arrivedAt.microseconds, at: 4)
        try self.bind(event.callID?.rawValue, at: 5)
        try self.bind(text: event.fields, at: 6)
        try self.bind(blob: event.raw, at: 7)
        try self.bind(event.quarantine, at: 8)
        try self.bind(event.source, at: 9)
    }

    /// The row, whose first column is its place.
    func event() -> LateEvent {
        LateEvent(
            eventID: self.integer(1),
            tenantID: TenantID(rawValue: self.text(2) ?? ""),
            extensionID: ExtensionID(rawValue: self.integer(3)),
            arrivedAt: Timestamp(microseconds: self.integer(4)),
            callID: self.text(5).map { CallID(rawValue: $0) },
            fields: self.bytes(6),
            raw: self.bytes(7),
            quarantine: self.text(8),
            source: self.text(9)
        )
    }
}
