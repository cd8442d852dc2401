package import Logging
import Metrics
import ServiceLifecycle
package import Spool
package import Storage
import Synchronization
package import Telephony

/// Keeps events on this machine's disk while the database is away, and brings them there when it is back.
///
/// From the first write that failed until one succeeds again, events go to the spool without asking the database, so that
/// nobody waits for it; meanwhile ``run()`` tries. What the spool holds goes to the database in its order and in turns with
/// the live events, which do not wait for it; every event has its id from the beginning, so that a batch whose answer was
/// lost, or that a crash left in the spool, is written once.
package final class EventSpool: Service, Sendable {
    /// What one transaction brings home.
    static let batch = (events: 500, bytes: 4 << 20)
    /// Between two attempts while the database is away.
    static let pause: Duration = .milliseconds(500)

    private let spool: Spool
    private let write: @Sendable ([LateEvent]) async throws -> Void
    private let makeEventID: @Sendable () -> Int64
    private let now: @Sendable () -> Timestamp
    private let databaseIsAway = Atomic(false)
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let metrics = SpoolMetrics()
    private let logger: Logger

    /// A spool in front of the database, which is open; ``run()`` closes it.
    ///
    /// `makeEventID`: makes ids of events that no other event has; ``randomEventID()`` does.
    package convenience init(
        spool: Spool,
        store: LateEventStore,
        makeEventID: @escaping @Sendable () -> Int64 = EventSpool.randomEventID,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.init(spool: spool, makeEventID: makeEventID, now: now, logger: logger) { try await store.write($0) }
    }

    init(
        spool: Spool,
        makeEventID: @escaping @Sendable () -> Int64,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger,
        write: @escaping @Sendable ([LateEvent]) async throws -> Void
    ) {
        self.spool = spool
        self.write = write
        self.makeEventID = makeEventID
        self.now = now
        self.logger = logger
        (self.wakeUps, self.wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// An id that the database's own sequence does not reach, out of so many that no two events of an instant share one.
    package static let randomEventID: @Sendable () -> Int64 = { .random(in: 1 << 62 ... .max) }

    /// Whether events go to the spool.
    var isInUse: Bool { self.databaseIsAway.load(ordering: .relaxed) }

    /// What waits for the database.
    package var statistics: SpoolStatistics { self.spool.statistics }

    /// Makes events durable that the database could not take. From now on the spool is in use.
    ///
    /// - Throws: ``IntakeError/unavailable`` when the spool cannot take them either.
    func take(_ entries: some Sequence<PendingEvent>) async throws(IntakeError) {
        if !self.databaseIsAway.exchange(true, ordering: .relaxed) {
            self.logger.warning("the database is away: events go to the spool")
        }
        // Also when the spool takes nothing: somebody must find out when the database is back.
        self.wake.yield()
        let events = entries.map { LateEvent($0, eventID: self.makeEventID()) }
        do throws(SpoolError) {
            try await self.spool.append(events)
            self.metrics.spooled.increment(by: events.count)
        } catch {
            self.logger.error(
                "events could not be spooled",
                metadata: ["events": .stringConvertible(events.count), "error": .string(error.description)]
            )
            throw .unavailable
        }
        self.metrics.show(self.statistics, at: self.now())
    }

    /// Brings events home whenever there are some, until graceful shutdown; then closes the spool.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            self.metrics.show(self.statistics, at: self.now())
            var wakeUps = self.wakeUps.makeAsyncIterator()
            while !Task.isCancelled {
                if self.isInUse || self.statistics.events > 0 {
                    await self.bringHome()
                } else {
                    await wakeUps.next()
                }
            }
        }
        await self.spool.close()
    }

    /// Writes the oldest events to the database and takes them out; without any, proves that the database takes writes.
    private func bringHome() async {
        let start = ContinuousClock.now
        do {
            let batch = try await self.spool.oldest(limit: Self.batch.events, byteLimit: Self.batch.bytes)
            try await self.store(batch.events)
            if self.databaseIsAway.exchange(false, ordering: .relaxed) {
                self.logger.notice(
                    "the database is back",
                    metadata: ["spooled_events": .stringConvertible(self.statistics.events)]
                )
            }
            try await self.spool.remove(batch)
            self.metrics.drained.increment(by: batch.events.count)
            if !batch.events.isEmpty, self.statistics.events == 0 {
                self.logger.notice("all events of the spool are in the database")
            }
        } catch let error as SpoolError {
            // A disk that cannot be read must not keep live events from a database that is back.
            if self.isInUse, (try? await self.write([])) != nil {
                self.databaseIsAway.store(false, ordering: .relaxed)
                self.logger.notice("the database is back, and the spool cannot be read")
            }
            await self.rest(after: error)
        } catch {
            await self.rest(after: error)
        }
        self.metrics.show(self.statistics, at: self.now())
        // The live events' turn: as long as ours was.
        if !self.isInUse, self.statistics.events > 0 {
            try? await Task.sleep(for: ContinuousClock.now - start)
        }
    }

    /// The database is away still, or something is wrong that takes somebody to mend.
    private func rest(after error: any Error) async {
        guard !Task.isCancelled else { return }
        let isAway = (error as? StorageError)?.code == .unavailable
        let text = (error as? StorageError)?.description ?? (error as? SpoolError)?.description
        self.logger.log(
            level: isAway ? .debug : .error,
            "the spool could not be emptied",
            metadata: ["error": .string(text ?? "\(type(of: error))")]
        )
        try? await Task.sleep(for: isAway ? Self.pause : Self.pause * 10)
    }

    /// Stores the events; one that the database refuses for its content is found by halving and stored as bytes.
    private func store(_ events: [LateEvent]) async throws {
        do {
            try await self.write(events)
        } catch let error as StorageError where error.isRefusedContent {
            if events.count > 1 {
                let middle = events.count / 2
                try await self.store(Array(events[..<middle]))
                try await self.store(Array(events[middle...]))
            } else {
                try await self.write(events.map { $0.refusedByDatabase() })
            }
        }
    }
}

/// What is in the spool, and what went through it.
struct SpoolMetrics: Sendable {
    let spooled = Counter(label: "ringbridge_spooled_events")
    /// The late ones.
    let drained = Counter(label: "ringbridge_spool_drained_events")
    private let events = Gauge(label: "ringbridge_spool_events")
    private let bytes = Gauge(label: "ringbridge_spool_bytes")
    private let age = Gauge(label: "ringbridge_spool_oldest_seconds")

    func show(_ statistics: SpoolStatistics, at now: Timestamp) {
        self.events.record(statistics.events)
        self.bytes.record(statistics.bytes)
        self.age.record(statistics.oldest.map { max(0, (now - $0) / .seconds(1)) } ?? 0)
    }
}

extension LateEvent {
    init(_ pending: PendingEvent, eventID: Int64) {
        self.init(
            eventID: eventID,
            tenantID: pending.owner.scope.tenantID,
            extensionID: pending.owner.extensionID,
            arrivedAt: pending.arrivedAt,
            source: pending.source
        )
        switch pending.event {
        case .understood(let callID, let fields):
            self.callID = callID
            self.fields = fields.jsonObject()
        case .quarantined(let fields, let raw, let reason):
            self.fields = fields?.jsonObject()
            self.raw = raw
            self.quarantine = reason.rawValue
        }
    }
}
