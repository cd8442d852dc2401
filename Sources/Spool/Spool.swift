import Dispatch
package import Logging
import Synchronization
package import Telephony

/// Keeps events on this machine's disk while the database is away: an SQLite file in a directory that belongs to this process.
///
/// All work is done on a queue of its own, one call after the other. What ``append(_:)`` has taken survives a crash of the
/// process and of the machine. The file is bounded; it goes when everything has been taken out; one that is damaged is set
/// aside and never deleted.
package final class Spool: Sendable {
    private let queue = DispatchQueue(label: "ringbridge.spool")
    private let file: Mutex<SpoolFile>
    private let published = Mutex(SpoolStatistics())

    /// A spool that is not open yet.
    ///
    /// `maximumBytes`: of the file; SQLite's log beside it takes some MiB more while events come. `now`: this machine's clock,
    /// for the names of damaged files.
    package convenience init(
        directory: String,
        maximumBytes: Int,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.init(directory: directory, maximumBytes: maximumBytes, pageLimit: nil, now: now, logger: logger)
    }

    /// `pageLimit`: where SQLite finds the disk full, for tests.
    init(
        directory: String,
        maximumBytes: Int,
        pageLimit: Int?,
        now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) {
        self.file = Mutex(
            SpoolFile(
                directory: directory,
                maximumBytes: maximumBytes,
                pageLimit: pageLimit,
                now: now,
                logger: logger
            )
        )
    }

    /// What is in it, as of the last call that changed it.
    package var statistics: SpoolStatistics { self.published.withLock { $0 } }

    /// Takes the directory, which is made when it is missing, and opens the file with what an earlier process left in it.
    ///
    /// - Throws: ``SpoolError``, which says what to do.
    package func open() async throws(SpoolError) {
        try await self.onQueue { file throws(SpoolError) in try file.open() }
    }

    /// Keeps the events, all or none, durably when this returns.
    ///
    /// - Throws: ``SpoolError``; the next call may succeed.
    package func append(_ events: [LateEvent]) async throws(SpoolError) {
        try await self.onQueue { file throws(SpoolError) in try file.append(events) }
    }

    /// The oldest events, as many as `limit` in number and about `byteLimit` in bytes, at least one when there is one.
    ///
    /// - Throws: ``SpoolError``.
    package func oldest(limit: Int, byteLimit: Int) async throws(SpoolError) -> SpooledBatch {
        try await self.onQueue { file throws(SpoolError) in try file.oldest(limit: limit, byteLimit: byteLimit) }
    }

    /// Takes the events of a batch out. They come back after a crash when the disk has no room to note it.
    ///
    /// - Throws: ``SpoolError``.
    package func remove(_ batch: SpooledBatch) async throws(SpoolError) {
        try await self.onQueue { file throws(SpoolError) in try file.remove(batch) }
    }

    /// Closes the file and gives the directory back.
    package func close() async {
        try? await self.onQueue { file throws(SpoolError) in file.close() }
    }

    private func onQueue<Value: Sendable>(
        _ work: @escaping @Sendable (inout SpoolFile) throws(SpoolError) -> Value
    ) async throws(SpoolError) -> Value {
        let result: Result<Value, SpoolError> = await withCheckedContinuation { continuation in
            self.queue.async {
                let (result, statistics) = self.file.withLock { file -> (Result<Value, SpoolError>, SpoolStatistics) in
                    do throws(SpoolError) {
                        return (.success(try work(&file)), file.statistics)
                    } catch {
                        return (.failure(error), file.statistics)
                    }
                }
                self.published.withLock { $0 = statistics }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
