package import Logging
import Metrics
import Postgres
import ServiceLifecycle
package import Storage
import Synchronization
package import Telephony

/// Makes events durable: a group commit in front of the database.
///
/// Many requests submit at once; a few writers (usually one) each take all that has collected and write it in one statement and
/// one commit. A submission returns when its event is durable. One that the database refuses for its content is found by
/// halving and stored as bytes; it never takes others with it. When the database is away, the spool takes over, where there is
/// one; otherwise, and when it is full, submissions fail with ``IntakeError/unavailable``.
///
/// At graceful shutdown nothing new is accepted, what was accepted is written, and ``run()`` returns.
package final class EventIntake: Service, Sendable {
    /// What waits and what one statement writes, bounded in events and in bytes.
    static let limits = GroupCommitLimits(pending: 20_000, pendingBytes: 128 << 20, batch: 2_000, batchBytes: 16 << 20)

    private let write: @Sendable (EventBatch) async throws -> Void
    private let spool: EventSpool?
    /// How long a write may take before the spool takes over.
    private let patience: Duration
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<GroupCommitState<PendingEvent>>
    private let wakeUps: [(stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)]
    private let metrics = IntakeMetrics()
    private let logger: Logger

    /// An intake that accepts events at once and writes them while ``run()`` runs.
    ///
    /// `spool`: takes events while the database is away. `writers`: how many batches may commit at the same time; more than one
    /// makes commits smaller. `now`: this machine's clock.
    package convenience init(
        store: EventStore,
        spool: EventSpool? = nil,
        writers: Int = 1,
        now: @escaping @Sendable () -> Timestamp = WebAPIDependencies.systemClock,
        logger: Logger
    ) {
        self.init(writers: writers, spool: spool, now: now, logger: logger) { batch in
            try await store.write(batch)
        }
    }

    init(
        writers: Int,
        limits: GroupCommitLimits = EventIntake.limits,
        spool: EventSpool? = nil,
        patience: Duration = .seconds(3),
        now: @escaping @Sendable () -> Timestamp = WebAPIDependencies.systemClock,
        logger: Logger,
        write: @escaping @Sendable (EventBatch) async throws -> Void
    ) {
        self.write = write
        self.spool = spool
        self.patience = patience
        self.now = now
        self.state = Mutex(GroupCommitState(limits: limits, byteCount: \.byteCount))
        self.wakeUps = (0..<max(writers, 1)).map { _ in
            AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        }
        self.logger = logger
    }

    /// Returns when the event is durable.
    ///
    /// `source`: the address that sent it, as text.
    /// - Throws: ``IntakeError``; the event may then be stored or not, and a repetition is harmless.
    package func submit(
        _ event: ReceivedEvent,
        owner: EventTokenOwner,
        source: String?
    ) async throws(IntakeError) {
        let result: Result<Void, IntakeError> = await withCheckedContinuation { waiter in
            let entry = PendingEvent(
                event: event,
                owner: owner,
                source: source,
                arrivedAt: self.now(),
                waiter: waiter
            )
            switch self.state.withLock({ $0.submit(entry) }) {
            case .wait: break
            case .wake(let writer): self.wakeUps[writer].continuation.yield()
            case .refuseFull: waiter.resume(returning: .failure(.full))
            case .refuseClosed: waiter.resume(returning: .failure(.shuttingDown))
            }
        }
        try result.get()
    }

    /// Writes until graceful shutdown, then what is left. When the task is cancelled, what is not written is refused.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for writer in self.wakeUps.indices {
                    group.addTask { await self.runWriter(writer) }
                }
            }
        } onGracefulShutdown: {
            for writer in self.state.withLock({ $0.shutDown() }) {
                self.wakeUps[writer].continuation.yield()
            }
        }
        for entry in self.state.withLock({ $0.close() }) {
            entry.waiter.resume(returning: .failure(.shuttingDown))
        }
    }

    private func runWriter(_ writer: Int) async {
        var wakeUps = self.wakeUps[writer].stream.makeAsyncIterator()
        var finished = 0
        await withDiscardingTaskGroup { givenUp in
            while !Task.isCancelled {
                switch self.state.withLock({ $0.nextBatch(for: writer, finished: finished) }) {
                case .write(let entries):
                    await self.commit(entries, givenUp: &givenUp)
                    finished = entries.count
                case .park:
                    finished = 0
                    await wakeUps.next()
                case .stop:
                    return
                }
            }
        }
    }

    /// Writes a batch and answers all who wait for it. Parts that the database refuses for their content are halved.
    ///
    /// `givenUp`: where writes end that took too long.
    private func commit(_ entries: [PendingEvent], givenUp: inout DiscardingTaskGroup) async {
        self.metrics.batchSize.record(entries.count)
        var parts = [entries[...]]
        while let part = parts.popLast() {
            switch await self.store(part, givenUp: &givenUp) {
            case .stored:
                self.answer(part, .success(()))
            case .refusedForContent where part.count > 1:
                let middle = part.startIndex + part.count / 2
                parts.append(part[middle...])
                parts.append(part[..<middle])
            case .refusedForContent:
                // The last resort for an event whose fields the database does not take: its bytes and the reason.
                let refused = part.map { $0.asRefused() }
                switch await self.store(refused[...], givenUp: &givenUp) {
                case .stored: self.answer(refused[...], .success(()))
                case .refusedForContent: self.answer(refused[...], .failure(.unavailable))
                case .unavailable: await self.spool(refused[...])
                }
            case .unavailable:
                // Parts are in order, the next one last.
                await self.spool(part + parts.reversed().joined())
                return
            }
        }
    }

    /// The database is away: from here the spool makes the events durable, where there is one.
    private func spool(_ part: ArraySlice<PendingEvent>) async {
        guard let spool = self.spool else { return self.answer(part, .failure(.unavailable)) }
        do throws(IntakeError) {
            try await spool.take(part)
            self.answer(part, .success(()))
        } catch {
            self.answer(part, .failure(error))
        }
    }

    private enum Outcome: Sendable { case stored, refusedForContent, unavailable }

    private func store(_ part: ArraySlice<PendingEvent>, givenUp: inout DiscardingTaskGroup) async -> Outcome {
        let batch = EventBatch(part)
        // Without a spool the only other answer is an error, and the write may still succeed.
        guard let spool = self.spool else { return await self.store(batch) }
        guard !spool.isInUse else { return .unavailable }
        let outcome = await result(within: self.patience, leftTo: &givenUp) { await self.store(batch) }
        if outcome == nil {
            self.logger.warning(
                "the database does not answer in time",
                metadata: ["events": .stringConvertible(part.count)]
            )
        }
        return outcome ?? .unavailable
    }

    private func store(_ batch: EventBatch) async -> Outcome {
        let start = ContinuousClock.now
        for attempt in 1...2 {
            do {
                try await self.write(batch)
                self.metrics.commit.record(duration: ContinuousClock.now - start)
                return .stored
            } catch let error as StorageError {
                if error.isRefusedContent {
                    return .refusedForContent
                }
                // A connection that the database closed meanwhile: equal events are one, so once more is harmless.
                if attempt == 1, error.cause.code == .connectionLost, !Task.isCancelled {
                    continue
                }
                self.logger.warning(
                    "events could not be stored",
                    metadata: ["events": .stringConvertible(batch.count), "error": .string(error.description)]
                )
                return .unavailable
            } catch {
                self.logger.error(
                    "events could not be stored",
                    metadata: ["events": .stringConvertible(batch.count), "error.type": .string("\(type(of: error))")]
                )
                return .unavailable
            }
        }
        return .unavailable
    }

    private func answer(_ part: ArraySlice<PendingEvent>, _ result: Result<Void, IntakeError>) {
        for entry in part {
            self.metrics.count(entry.event, result)
            entry.waiter.resume(returning: result)
        }
    }
}

extension StorageError {
    /// Whether the database refused the values rather than failed: data exceptions, constraints, size limits, and what
    /// triggers raise.
    var isRefusedContent: Bool {
        guard let state = self.cause.sqlState else { return false }
        return ["22", "23", "54", "P0"].contains(state.class)
    }
}
