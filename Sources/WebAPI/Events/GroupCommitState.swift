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
    private let maximumPending: Int
    private let maximumBatch: Int

    /// An open state whose writers have not begun yet.
    init(maximumPending: Int, maximumBatch: Int) {
        self.maximumPending = maximumPending
        self.maximumBatch = maximumBatch
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
        guard self.pending < self.maximumPending else { return .refuseFull }
        self.collecting.append(entry)
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
        // A spurious wake-up: it was idle and asks again.
        self.idleWriters.removeAll { $0 == writer }
        guard !self.collecting.isEmpty else {
            guard case .open = self.phase else { return .stop }
            self.idleWriters.append(writer)
            return .park
        }
        let batch: [Entry]
        if self.collecting.count <= self.maximumBatch {
            batch = self.collecting
            self.collecting = []
        } else {
            batch = Array(self.collecting.prefix(self.maximumBatch))
            self.collecting.removeFirst(self.maximumBatch)
        }
        self.inFlight += batch.count
        return .write(batch)
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
        defer { self.collecting = [] }
        return self.collecting
    }
}
