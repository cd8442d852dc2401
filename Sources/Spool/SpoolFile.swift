import FoundationEssentials
import Glibc
import Logging
import SystemPackage
import Telephony

/// The directory and the file of a spool. Blocking: for the spool's queue only.
struct SpoolFile {
    static let name = "spool.sqlite"
    /// An empty file that is larger than this is replaced by a new one.
    private static let emptySize = 1 << 20

    let directory: String
    let maximumBytes: Int
    let pageLimit: Int?
    private let now: @Sendable () -> Timestamp
    private let logger: Logger
    private var lock: DirectoryLock?
    private var connection: SQLiteConnection?
    /// The place of the last event that was taken out; it may still be in the file when the disk had no room.
    private var removedThrough: Int64 = 0
    /// How many files were begun; each counts its places from 1.
    private var file = 0
    private(set) var statistics = SpoolStatistics()

    init(
        directory: String,
        maximumBytes: Int,
        pageLimit: Int?,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.directory = directory
        self.maximumBytes = maximumBytes
        self.pageLimit = pageLimit
        self.now = now
        self.logger = logger
    }

    private var path: String { "\(self.directory)/\(Self.name)" }
    /// The file behind what SQLite keeps beside it: a log must never meet a file that it does not belong to.
    private var fileNames: [String] { ["-wal", "-shm", ""].map { self.path + $0 } }

    /// Takes the directory and opens the file.
    mutating func open() throws(SpoolError) {
        do {
            if !FileManager.default.fileExists(atPath: self.directory) {
                try FileManager.default.createDirectory(
                    atPath: self.directory,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            }
            self.lock = try DirectoryLock(FilePath(self.directory).appending("spool.lock"))
        } catch {
            throw self.unusable("\(error)")
        }
        guard self.lock != nil else { throw .inUse(directory: self.directory) }
        // The first use opens the file, and sets a damaged one aside.
        try self.use { _ in }
    }

    mutating func close() {
        self.connection = nil
        self.lock = nil
    }

    private func unusable(_ reason: String) -> SpoolError {
        .unusable(directory: self.directory, reason: reason)
    }
}

// MARK: - Events

extension SpoolFile {
    mutating func append(_ events: [LateEvent]) throws(SpoolError) {
        let maximum = Int64(self.maximumBytes)
        try self.use { connection throws(SQLiteError) in
            try connection.transaction { () throws(SQLiteError) in
                let insert = try connection.prepare(
                    """
                    INSERT INTO events (event_id, tenant_id, extension_id, arrived_at, call_id, fields, raw, quarantine, source)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
                )
                for event in events {
                    try insert.bind(event)
                    _ = try insert.step()
                    try insert.reset()
                }
                guard try connection.usedBytes() <= maximum else { throw .beyondLimit }
            }
        }
        self.statistics.events += events.count
        self.statistics.oldest = self.statistics.oldest ?? events.first?.arrivedAt
    }

    mutating func oldest(limit: Int, byteLimit: Int) throws(SpoolError) -> SpooledBatch {
        let (file, removed) = (self.file, self.removedThrough)
        let batch = try self.use { connection throws(SQLiteError) in
            let select = try connection.prepare(
                """
                SELECT place, event_id, tenant_id, extension_id, arrived_at, call_id, fields, raw, quarantine, source
                FROM events WHERE place > ? ORDER BY place LIMIT ?
                """
            )
            try select.bind(removed, at: 1)
            try select.bind(Int64(limit), at: 2)
            var batch = SpooledBatch(file: file)
            var bytes = 0
            while bytes < byteLimit, try select.step() {
                batch.last = select.integer(0)
                batch.events.append(select.event())
                bytes += batch.events.last?.byteCount ?? 0
            }
            return batch
        }
        // A file that was begun in the midst of it has other places: the next look reads it.
        return self.file == file ? batch : SpooledBatch(file: self.file)
    }

    mutating func remove(_ batch: SpooledBatch) throws(SpoolError) {
        // Places of a file that is no longer in use say nothing of the one that is.
        guard batch.file == self.file, batch.last > self.removedThrough else { return }
        self.removedThrough = batch.last
        self.statistics.events -= batch.events.count
        do throws(SpoolError) {
            try self.use { connection throws(SQLiteError) in
                try connection.transaction { () throws(SQLiteError) in
                    let delete = try connection.prepare("DELETE FROM events WHERE place <= ?")
                    try delete.bind(batch.last, at: 1)
                    _ = try delete.step()
                }
            }
        } catch {
            // A full disk has no room for the log either; the whole file goes when the rest is taken out.
            guard case .full = error else { throw error }
        }
        let removed = self.removedThrough
        self.statistics.oldest = try self.use { connection throws(SQLiteError) in
            let select = try connection.prepare("SELECT arrived_at FROM events WHERE place > ? ORDER BY place LIMIT 1")
            try select.bind(removed, at: 1)
            return try select.step() ? Timestamp(microseconds: select.integer(0)) : nil
        }
        if self.statistics.oldest == nil {
            try self.shrink()
        }
    }

    /// Begins a new file when the old one is large or has events left that were taken out.
    private mutating func shrink() throws(SpoolError) {
        let isSmall = try self.use { connection throws(SQLiteError) in
            let pages = try connection.number("PRAGMA page_count") ?? 0
            let size = try connection.number("PRAGMA page_size") ?? 0
            let rest = try connection.number("SELECT place FROM events LIMIT 1")
            return pages * size <= Self.emptySize && rest == nil
        }
        guard !isSmall else { return }
        self.connection = nil
        do {
            for name in self.fileNames where FileManager.default.fileExists(atPath: name) {
                try FileManager.default.removeItem(atPath: name)
            }
        } catch {
            throw self.unusable("\(error)")
        }
        try self.use { _ in }
    }
}

// MARK: - The file

extension SpoolFile {
    /// Works with the file, which is opened first when it is not; one that turns out to be damaged is set aside, and the work
    /// is done with a new one.
    private mutating func use<Value>(
        _ work: (SQLiteConnection) throws(SQLiteError) -> Value
    ) throws(SpoolError) -> Value {
        guard self.lock != nil else { throw self.unusable("it is not open") }
        do throws(SQLiteError) {
            return try self.attempt(work)
        } catch {
            guard error.kind == .corrupt else { throw self.translate(error) }
            try self.setAside(because: error)
        }
        do throws(SQLiteError) {
            return try self.attempt(work)
        } catch {
            throw self.translate(error)
        }
    }

    private mutating func attempt<Value>(
        _ work: (SQLiteConnection) throws(SQLiteError) -> Value
    ) throws(SQLiteError) -> Value {
        do throws(SQLiteError) {
            let connection: SQLiteConnection
            if let open = self.connection {
                connection = open
            } else {
                connection = try self.connect()
                self.connection = connection
            }
            let value = try work(connection)
            self.statistics.bytes = Int(try connection.usedBytes())
            return value
        } catch {
            // After a failure of the disk, what SQLite remembers need not be what is there: it reads again.
            if error.kind != .full {
                self.connection = nil
            }
            throw error
        }
    }

    private func translate(_ error: SQLiteError) -> SpoolError {
        switch error.kind {
        case .full: .full
        case .busy: .inUse(directory: self.directory)
        case .corrupt, .other: self.unusable("SQLite says: \(error.message)")
        }
    }

    private mutating func connect() throws(SQLiteError) -> SQLiteConnection {
        do {
            // SQLite would make it readable for everybody, as its log, which gets the same mode.
            try FileDescriptor.open(
                FilePath(self.path),
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: .ownerReadWrite
            ).close()
        } catch {
            let isDiskFull = (error as? Errno) == .noSpace
            throw .cannotCreate("\(error)", isDiskFull: isDiskFull)
        }
        let connection = try SQLiteConnection(path: self.path)
        try connection.configure(pageLimit: self.pageLimit)
        if try connection.prepareSchema() {
            self.removedThrough = 0
            self.file += 1
            self.syncDirectory()
        }
        let removed = self.removedThrough
        let count = try connection.prepare("SELECT count(*), min(place) FROM events WHERE place > ?")
        try count.bind(removed, at: 1)
        _ = try count.step()
        self.statistics.events = Int(count.integer(0))
        let first = try connection.prepare("SELECT arrived_at FROM events WHERE place = ?")
        try first.bind(count.integer(1), at: 1)
        self.statistics.oldest = try first.step() ? Timestamp(microseconds: first.integer(0)) : nil
        return connection
    }

    /// The name of a new file is on the disk as well; where that cannot be asked for, it comes with SQLite's own log.
    private func syncDirectory() {
        guard let directory = try? FileDescriptor.open(FilePath(self.directory), .readOnly) else { return }
        fsync(directory.rawValue)
        try? directory.close()
    }

    /// Renames the file and what belongs to it. It is never deleted: somebody may recover what it holds.
    private mutating func setAside(because error: SQLiteError) throws(SpoolError) {
        self.connection = nil
        let instant = self.now().rfc3339.filter { $0 != "-" && $0 != ":" }
        let aside = "\(self.directory)/spool-damaged-\(instant).sqlite"
        do {
            for name in self.fileNames where FileManager.default.fileExists(atPath: name) {
                try FileManager.default.moveItem(atPath: name, toPath: aside + name.dropFirst(self.path.count))
            }
        } catch {
            throw self.unusable("\(error)")
        }
        self.statistics = SpoolStatistics()
        self.logger.error(
            "the spool's file is damaged and was set aside; a new one is in use",
            metadata: ["file": .string(aside), "error": .string(error.message)]
        )
    }
}
