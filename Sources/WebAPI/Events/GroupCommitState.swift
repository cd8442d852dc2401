/// Decides which events are written together: while one batch commits, the next one collects.
///
/// A writer that has nothing to do is idle; the first event that comes then wakes one, and everything that arrives while
/// writers are busy goes into the next batch. A pure value: the shell (``EventIntake``) keeps it in a lock and runs its actions.
struct GroupCommitState<Entry> {
    /// Can transition to:
    ///   - `draining` at graceful shutdown
    ///   - `closed` when the writers end without one
    private enum Phase {
        /// Entries are accepted.
        case open
        /// Nothing new is accepted; what was accepted is still written. Becomes `closed` when the writers have ended.
        case draining
        /// Nobody writes any more.
        case closed
    }

    private var phase = Phase.open
    private var collecting: [Entry] = []
    private var idleWriters: [Int] = []
    private var inFlight = 0
    /// Bytes of what collects, and of what each writer is writing.
    private var collectingBytes = 0
    private var inFlightBytes: [Int: Int] = [:]
    private let limits: GroupCommitLimits
    private let byteCount: @Sendable (Entry) -> Int

    /// An open state whose writers have not begun yet.
    ///
    /// `byteCount`: how much memory an entry takes, about.
    init(limits: GroupCommitLimits, byteCount: @escaping @Sendable (Entry) -> Int) {
        self.limits = limits
        self.byteCount = byteCount
    }

    /// Entries that were accepted and have no answer yet.
    var pending: Int { self.collecting.count + self.inFlight }

    /// What becomes of an entry that comes.
    enum SubmitAction: Hashable {
        /// Accepted; a busy writer takes it later.
        case wait
        /// Accepted; this idle writer must be woken.
        case wake(writer: Int)
        /// Not accepted: as many as allowed are pending.
        case refuseFull
        /// Not accepted: shutting down.
        case refuseClosed
    }

    /// An entry comes.
    mutating func submit(_ entry: Entry) -> SubmitAction {
        guard case .open = self.phase else { return .refuseClosed }
        let bytes = self.byteCount(entry)
        let pendingBytes = self.inFlightBytes.values.reduce(self.collectingBytes, +)
        guard self.pending < self.limits.pending, pendingBytes + bytes <= self.limits.pendingBytes else {
            return .refuseFull
        }
        self.collecting.append(entry)
        self.collectingBytes += bytes
        return self.idleWriters.popLast().map { .wake(writer: $0) } ?? .wait
    }

    /// What a writer does next.
    enum WriterAction {
        /// Write these together.
        case write([Entry])
        /// Wait to be woken.
        case park
        /// Nothing will come any more.
        case stop
    }

    /// A writer is free.
    ///
    /// `finished`: how many entries it has just answered.
    mutating func nextBatch(for writer: Int, finished: Int) -> WriterAction {
        self.inFlight -= finished
        self.inFlightBytes[writer] = nil
        // A spurious wake-up: it was idle and asks again.
        self.idleWriters.removeAll { $0 == writer }
        guard !self.collecting.isEmpty else {
            guard case .open = self.phase else { return .stop }
            self.idleWriters.append(writer)
            return .park
        }
        let batch = self.takeBatch()
        self.inFlight += batch.count
        self.inFlightBytes[writer] = batch.reduce(0) { $0 + self.byteCount($1) }
        self.collectingBytes -= self.inFlightBytes[writer, default: 0]
        return .write(batch)
    }

    /// All that has collected, or as much of it as one batch may hold: at least one entry.
    private mutating func takeBatch() -> [Entry] {
        if self.collecting.count <= self.limits.batch, self.collectingBytes <= self.limits.batchBytes {
            defer { self.collecting = [] }
            return self.collecting
        }
        var bytes = 0
        let fitting = self.collecting.prefix(self.limits.batch).prefix { entry in
            bytes += self.byteCount(entry)
            return bytes <= self.limits.batchBytes
        }
        let batch = Array(self.collecting.prefix(max(fitting.count, 1)))
        self.collecting.removeFirst(batch.count)
        return batch
    }

    /// Graceful shutdown begins.
    ///
    /// - Returns: the idle writers, to be woken so that they end.
    mutating func shutDown() -> [Int] {
        guard case .open = self.phase else { return [] }
        self.phase = .draining
        defer { self.idleWriters = [] }
        return self.idleWriters
    }

    /// All writers have ended.
    ///
    /// - Returns: the entries that nobody will write.
    mutating func close() -> [Entry] {
        self.phase = .closed
        self.collectingBytes = 0
        defer { self.collecting = [] }
        return self.collecting
    }
}

/// How much may wait, and how much is written together; in entries and in bytes.
struct GroupCommitLimits: Hashable, Sendable {
    var pending: Int
    var pendingBytes: Int
    var batch: Int
    var batchBytes: Int
}
