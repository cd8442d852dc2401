import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Storage
import Telephony

/// Bounds of the feed's event streams.
package struct FeedStreamLimits: Sendable {
    /// Streams of a server at a time.
    package var atOnce: Int
    /// Streams of one tenant at a time.
    package var atOnceOfTenant: Int
    /// The longest silence.
    package var heartbeat: Duration
    /// How long a key that was revoked, or has expired, may still read.
    package var keyCheck: Duration

    package init(
        atOnce: Int = 1_000,
        atOnceOfTenant: Int = 100,
        heartbeat: Duration = .seconds(15),
        keyCheck: Duration = .seconds(30)
    ) {
        self.atOnce = atOnce
        self.atOnceOfTenant = atOnceOfTenant
        self.heartbeat = heartbeat
        self.keyCheck = keyCheck
    }

    /// How often a stream looks for changes that no notification told it of.
    fileprivate var tick: Duration { self.heartbeat / 3 }
}

/// The feed as an event stream (HTML Living Standard, server-sent events): a message for each change, its `id` the cursor after
/// it.
///
/// It holds no connection of the pool while it waits. While the database is away it waits on. It ends when its reader goes, at
/// graceful shutdown, with its key or its tenant, and when the place it has reached no longer holds; a reader that comes back
/// is then told why.
struct FeedStream: Sendable {
    private let database: Database
    private let reader: FeedReader
    private let changes: ChangeWait
    private let limits: FeedStreamLimits
    private let open: ConcurrencyLimit

    init(database: Database, changes: ChangeWait, limits: FeedStreamLimits) {
        self.database = database
        self.reader = FeedReader(database: database)
        self.changes = changes
        self.limits = limits
        self.open = ConcurrencyLimit(limits.atOnce, ofTenant: limits.atOnceOfTenant)
    }

    /// `limit`: changes that are in memory at a time.
    ///
    /// - Throws: ``HTTPProblem``: 400 and 410 for a place that does not hold, 503 when as many streams as may be are open.
    func response(
        to request: Request,
        from start: FeedStart,
        limit: Int,
        context: ConnectorContext
    ) async throws -> Response {
        let permit = try self.open.acquire(
            for: context.scope.tenantID,
            orSay: LocalizedText(
                ru: "Открыто наибольшее допустимое число потоков событий.",
                en: "As many event streams as may be are open."
            ),
            retryAfterSeconds: 10
        )
        guard let key = Authentication.bearerToken(request.headers[.authorization]).map({ SecretDigest(of: $0) }) else {
            throw HTTPProblem.unauthorized
        }
        let first = try await self.reader.page(from: start, limit: limit, of: context.scope)
        let follower = FeedFollower(
            database: self.database,
            scope: context.scope,
            key: key,
            keyCheck: self.limits.keyCheck - self.limits.tick,
            limit: limit,
            place: first.end
        )
        let body = ResponseBody { writer in
            // Reading on from the connection tells when the client goes; the connection therefore ends with this answer.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                // The id without data tells a reader where it is before there is a change.
                try await writer.write(ByteBuffer(string: "retry: 1000\nid: \(first.begin.cursor)\n\n"))
                try await writer.write(first.messages)
                var follower = follower
                while let step = try await self.next(&follower), case .page(let page) = step {
                    try await writer.write(page.messages)
                }
            }
            try await writer.finish(nil)
            withExtendedLifetime(permit) {}
        }
        return Response(
            status: .ok,
            headers: [.contentType: MediaType.eventStream.rawValue, .connection: "close"],
            body: body
        )
    }

    /// What comes next; after a heartbeat's time without a change an empty page. Nil at graceful shutdown.
    private func next(_ follower: inout FeedFollower) async throws -> FeedFollower.Step? {
        guard !Task.isShuttingDownGracefully else { return nil }
        if follower.hasMore, let step = try await follower.look() {
            return step
        }
        let step = try await self.changes.first(
            on: Channel.calls,
            of: follower.scope.tenantID,
            within: self.limits.heartbeat,
            every: self.limits.tick
        ) {
            try await follower.look()
        }
        guard !Task.isShuttingDownGracefully else { return step }
        return step ?? .page(FeedPage(begin: follower.place, calls: [], end: follower.place, hasMore: false))
    }
}

/// Follows the feed for one stream.
private struct FeedFollower: Sendable {
    enum Step: Sendable {
        case page(FeedPage)
        /// The key, the tenant or the place no longer holds.
        case over
    }

    let database: Database
    let scope: TenantScope
    let key: SecretDigest
    /// The time after which the key is looked at again.
    let keyCheck: Duration
    let limit: Int
    var place: FeedPlace
    var hasMore = true
    private var lastKeyCheck = ContinuousClock.now

    init(
        database: Database,
        scope: TenantScope,
        key: SecretDigest,
        keyCheck: Duration,
        limit: Int,
        place: FeedPlace
    ) {
        self.database = database
        self.scope = scope
        self.key = key
        self.keyCheck = keyCheck
        self.limit = limit
        self.place = place
    }

    /// Nil when there is nothing new, or when the database is away: another look will tell.
    mutating func look() async throws -> Step? {
        do {
            if ContinuousClock.now - self.lastKeyCheck >= self.keyCheck {
                guard try await self.keyHolds() else { return .over }
                self.lastKeyCheck = .now
            }
            let page = try await FeedReader(database: self.database)
                .page(from: .after(self.place), limit: self.limit, of: self.scope)
            self.place = page.end
            self.hasMore = page.hasMore
            return page.calls.isEmpty ? nil : .page(page)
        } catch is HTTPProblem {
            return .over
        } catch let error as StorageError where error.code == .unavailable {
            return nil
        }
    }

    /// Whether the key is still one: not revoked, not expired, its tenant not gone.
    private func keyHolds() async throws -> Bool {
        try await self.database.system { try await $0.keys.authenticate(self.key) } != nil
    }
}

extension FeedPage {
    /// The changes as messages of an event stream; without changes a comment.
    fileprivate var messages: ByteBuffer {
        guard !self.calls.isEmpty else { return ByteBuffer(string: ":\n\n") }
        var bytes: [UInt8] = []
        for (change, place) in self.entries {
            bytes += "id: \(place.cursor)\nevent: \(change.operation)\ndata: ".utf8
            change.changeJSON.write(into: &bytes)
            bytes += "\n\n".utf8
        }
        return ByteBuffer(bytes: bytes)
    }
}
