package import Logging
import ServiceLifecycle
package import Storage
import Telephony

/// Reads exports out of the database: each in one transaction, so that all its pages are of the same instant.
///
/// The transaction begins before the answer does, since the answer's head has the instant's cursor, and ends with the answer;
/// so it runs here, and an answer asks for one page at a time.
package final class CallExports: Service, Sendable {
    private struct Job: Sendable {
        var scope: TenantScope
        var filter: CallFilter
        /// The answer wants a page; ends when the answer has gone.
        var requests: AsyncStream<Void>
        var parts: AsyncThrowingStream<CallExport.Part, any Error>.Continuation
        var permit: ConcurrencyLimit.Permit
    }

    private let database: Database
    private let limit: ConcurrencyLimit
    private let time: Duration
    private let pageSize: Int
    private let logger: Logger
    private let jobs: AsyncStream<Job>
    private let jobSink: AsyncStream<Job>.Continuation

    /// - Parameters:
    ///   - database: Each export holds one connection of its pool.
    ///   - atOnce: Exports at a time.
    ///   - atOnceOfTenant: Of them one tenant's.
    ///   - time: The longest that one may take, with a reader that is slow.
    ///   - pageSize: Calls that are in memory at a time, an export.
    ///   - logger: Learns of exports that fail.
    package init(
        database: Database,
        atOnce: Int = 4,
        atOnceOfTenant: Int = 2,
        time: Duration = .seconds(900),
        pageSize: Int = 1_000,
        logger: Logger
    ) {
        self.database = database
        self.limit = ConcurrencyLimit(atOnce, ofTenant: atOnceOfTenant)
        self.time = time
        self.pageSize = pageSize
        self.logger = logger
        (self.jobs, self.jobSink) = AsyncStream.makeStream(of: Job.self)
    }

    /// Exports until graceful shutdown; those that have begun are finished.
    package func run() async throws {
        await withDiscardingTaskGroup { exports in
            for await job in self.jobs.cancelOnGracefulShutdown() {
                exports.addTask { await self.serve(job) }
            }
        }
    }

    /// How many there are.
    var inProgress: Int { self.limit.inUse }

    /// Begins an export.
    ///
    /// - Throws: ``HTTPProblem`` 503 when there are as many as may be; ``Storage/StorageError`` when the database is away.
    func begin(_ filter: CallFilter, of scope: TenantScope) async throws -> CallExport {
        let permit = try self.limit.acquire(
            for: scope.tenantID,
            orSay: LocalizedText(
                ru: "Одновременно идёт наибольшее допустимое число выгрузок.",
                en: "As many exports as may be are in progress."
            ),
            retryAfterSeconds: 10
        )
        let (requests, request) = AsyncStream.makeStream(of: Void.self)
        let (parts, part) = AsyncThrowingStream.makeStream(of: CallExport.Part.self)
        // Also when nobody holds on to the export any more.
        part.onTermination = { _ in request.finish() }
        self.jobSink.yield(Job(scope: scope, filter: filter, requests: requests, parts: part, permit: permit))
        for try await case .begun(let place) in parts {
            return CallExport(place: place, parts: parts, requests: request)
        }
        throw CancellationError()
    }

    private func serve(_ job: Job) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await self.export(job) }
                group.addTask {
                    try await Task.sleep(for: self.time)
                    throw TooLong()
                }
                try await group.next()
            }
            job.parts.finish()
        } catch {
            job.parts.finish(throwing: error)
            guard !(error is CancellationError) else { return }
            self.logger.warning(
                "an export was broken off",
                metadata: ["tenant.id": "\(job.scope.tenantID)", "error": "\(Self.reason(error))"]
            )
        }
    }

    private func export(_ job: Job) async throws {
        try await self.database.snapshot(of: job.scope) { transaction in
            let state = try await transaction.feed.state()
            job.parts.yield(.begun(FeedPlace(tenantID: job.scope.tenantID, seq: state.lastSeq, prunes: state.prunes)))
            var position: CallListPosition?
            for await _ in job.requests {
                let calls = try await transaction.calls.list(job.filter, after: position, limit: self.pageSize)
                position = calls.last?.position
                let isLast = calls.count < self.pageSize
                job.parts.yield(.page(CallExport.Page(calls: calls, isLast: isLast)))
                if isLast {
                    return
                }
            }
            throw CancellationError()
        }
    }

    private struct TooLong: Error {}

    private static func reason(_ error: any Error) -> String {
        switch error {
        case is TooLong: "it took too long"
        case let error as StorageError: error.description
        default: "\(type(of: error))"
        }
    }
}

/// An export in progress.
struct CallExport: Sendable {
    /// Some calls of the export, in order.
    struct Page: Sendable {
        var calls: [StoredCall]
        var isLast: Bool
    }

    fileprivate enum Part: Sendable {
        case begun(FeedPlace)
        case page(Page)
    }

    /// The place of the feed at the export's instant.
    let place: FeedPlace
    private let parts: AsyncThrowingStream<Part, any Error>
    private let requests: AsyncStream<Void>.Continuation

    fileprivate init(
        place: FeedPlace,
        parts: AsyncThrowingStream<Part, any Error>,
        requests: AsyncStream<Void>.Continuation
    ) {
        self.place = place
        self.parts = parts
        self.requests = requests
    }

    /// The next page; to be called until the last one has come.
    ///
    /// - Throws: when the export cannot go on, also when this task is cancelled.
    func next() async throws -> Page {
        self.requests.yield()
        for try await case .page(let page) in self.parts {
            return page
        }
        throw CancellationError()
    }
}
