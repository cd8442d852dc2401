import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Storage
import Telephony

/// Bounds of event streams, those of the feed and the live ones together.
package struct EventStreamLimits: Sendable {
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

/// What an event stream shows: something that grows, followed from a place.
protocol StreamFollower: Sendable {
    /// What wakes it.
    static var news: NewsSource { get }
    /// Whether another look will find more at once.
    var hasMore: Bool { get }
    /// What is sent when there was nothing to send for a heartbeat's time: a comment at least.
    var silence: ByteBuffer { get }
    /// The messages of what is new, and goes on to after it; nil when nothing is.
    ///
    /// - Throws: ``HTTPProblem`` when its place no longer holds; the stream then ends.
    mutating func look() async throws -> ByteBuffer?
}

/// Event streams (HTML Living Standard, server-sent events).
///
/// A stream holds no connection of the pool while it waits. While the database is away it waits on. It ends when its reader
/// goes, at graceful shutdown, with its key or its tenant, and when the place it has reached no longer holds; a reader that
/// comes back is then told why.
struct EventStreams: Sendable {
    private let database: Database
    private let changes: ChangeWait
    private let limits: EventStreamLimits
    private let open: ConcurrencyLimit

    init(database: Database, changes: ChangeWait, limits: EventStreamLimits) {
        self.database = database
        self.changes = changes
        self.limits = limits
        self.open = ConcurrencyLimit(limits.atOnce, ofTenant: limits.atOnceOfTenant)
    }

    /// The beginning that tells a reader where it is before there is anything else.
    static func opening(at cursor: String) -> ByteBuffer {
        ByteBuffer(string: "retry: 1000\nid: \(cursor)\n\n")
    }

    /// `begin`: gives the first bytes, and what comes after them.
    ///
    /// - Throws: ``HTTPProblem`` 503 when as many streams as may be are open; what `begin` throws.
    func response<Follower: StreamFollower>(
        to request: Request,
        context: ConnectorContext,
        _ begin: () async throws -> (opening: ByteBuffer, follower: Follower)
    ) async throws -> Response {
        let permit = try self.open.acquire(
            for: context.scope.tenantID,
            orSay: LocalizedText(
                ru: "Открыто наибольшее допустимое число потоков событий. Закройте лишние или опрашивайте с wait.",
                en: "As many event streams as may be are open. Close some, or poll with wait."
            ),
            retryAfterSeconds: 10
        )
        guard let key = Authentication.bearerToken(request.headers[.authorization]).map({ SecretDigest(of: $0) }) else {
            throw HTTPProblem.unauthorized
        }
        let (opening, follower) = try await begin()
        let first = Following(
            database: self.database,
            tenantID: context.scope.tenantID,
            key: key,
            keyCheck: self.limits.keyCheck - self.limits.tick,
            follower: follower
        )
        let body = ResponseBody { writer in
            // Reading on from the connection tells when the client goes; the connection therefore ends with this answer.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await writer.write(opening)
                var following = first
                while let bytes = try await self.next(&following) {
                    try await writer.write(bytes)
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

    /// What comes next, after a heartbeat's time without anything its sign of life; nil at the end.
    private func next<Follower>(_ following: inout Following<Follower>) async throws -> ByteBuffer? {
        guard !Task.isShuttingDownGracefully else { return nil }
        if following.follower.hasMore, let step = try await following.look() {
            return step.bytes
        }
        let step = try await self.changes.first(
            from: Follower.news,
            of: following.tenantID,
            within: self.limits.heartbeat,
            every: self.limits.tick
        ) {
            try await following.look()
        }
        if let step {
            return step.bytes
        }
        return Task.isShuttingDownGracefully ? nil : following.follower.silence
    }
}

/// A follower at work for one stream.
private struct Following<Follower: StreamFollower>: Sendable {
    enum Step: Sendable {
        case messages(ByteBuffer)
        /// The key, the tenant or the place no longer holds.
        case over

        var bytes: ByteBuffer? {
            switch self {
            case .messages(let bytes): bytes
            case .over: nil
            }
        }
    }

    let database: Database
    let tenantID: TenantID
    let key: SecretDigest
    /// The time after which the key is looked at again.
    let keyCheck: Duration
    var follower: Follower
    private var lastKeyCheck = ContinuousClock.now

    init(database: Database, tenantID: TenantID, key: SecretDigest, keyCheck: Duration, follower: Follower) {
        self.database = database
        self.tenantID = tenantID
        self.key = key
        self.keyCheck = keyCheck
        self.follower = follower
    }

    /// Nil when there is nothing new, or when the database is away: another look will tell.
    mutating func look() async throws -> Step? {
        do {
            if ContinuousClock.now - self.lastKeyCheck >= self.keyCheck {
                guard try await self.keyHolds() else { return .over }
                self.lastKeyCheck = .now
            }
            return try await self.follower.look().map { .messages($0) }
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
