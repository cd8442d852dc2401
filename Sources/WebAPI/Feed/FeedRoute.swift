import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import Telephony

/// The change feed: `GET /v1/calls/changes`, as JSON in pages, or as an event stream.
///
/// Complete and ordered per tenant: a connector that always passes `next_cursor` on sees every change, each record at its latest
/// version. The cursor is a place in that order and nothing else.
struct FeedRoute: Sendable {
    /// Where a reader without a cursor begins.
    private enum Start: String, CaseIterable { case beginning, now }

    /// Seconds that a reader may wait for a change.
    private static let maximumWait = 30

    private let reader: FeedReader
    private let changes: ChangeWait
    private let streams: EventStreams

    init(database: Database, changes: ChangeWait, streams: EventStreams) {
        self.reader = FeedReader(database: database)
        self.changes = changes
        self.streams = streams
    }

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls/changes") { request, context in
            var response =
                switch try request.preferredForm(of: [.json, .eventStream]) {
                case .eventStream: try await self.follow(request, context: context)
                case .json, .csv, .ndjson: try await self.read(request, context: context)
                }
            response.headers[.vary] = "Accept"
            return response
        }
    }

    private func read(_ request: Request, context: ConnectorContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["cursor", "from", "limit", "wait"])
        let limit = try query.limit()
        let start = try Self.start(query)
        let wait = try query.integer("wait", in: 0...Self.maximumWait) ?? 0
        let scope = context.scope
        let page = try await self.reader.page(from: start, limit: limit, of: scope)
        guard page.calls.isEmpty, wait > 0 else { return page.response }
        // Reading on from the connection tells when the client goes; the wait then ends. The reading cannot be taken back,
        // so the connection ends with this answer, which says so.
        let later = try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await self.changes.first(
                on: Channel.calls,
                of: scope.tenantID,
                within: .seconds(wait),
                every: .seconds(1)
            ) {
                let page = try await self.reader.page(from: .after(page.end), limit: limit, of: scope)
                return page.calls.isEmpty ? nil : page
            }
        }
        var response = (later ?? page).response
        response.headers[.connection] = "close"
        return response
    }

    /// An event stream; of a reader that comes back, `Last-Event-ID` says where it was, whatever its URL began with.
    private func follow(_ request: Request, context: ConnectorContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["cursor", "from", "limit"])
        let limit = try query.limit()
        let lastEventID = request.headers[.lastEventID].flatMap { $0.isEmpty ? nil : $0 }
        let start = try lastEventID.map { .after(try FeedPlace(cursor: $0)) } ?? Self.start(query)
        return try await self.streams.response(to: request, context: context) {
            let first = try await self.reader.page(from: start, limit: limit, of: context.scope)
            var opening = EventStreams.opening(at: first.begin.cursor)
            opening.writeImmutableBuffer(first.messages)
            let follower = FeedFollower(reader: self.reader, scope: context.scope, limit: limit, place: first.end)
            return (opening, follower)
        }
    }

    private static func start(_ query: QueryParameters) throws(HTTPProblem) -> FeedStart {
        let start: Start? = try query.choice("from")
        guard let cursor = query["cursor"] else {
            return start == .now ? .now : .beginning
        }
        guard start == nil else {
            throw .parameter(
                "from",
                LocalizedText(ru: "Не сочетается с cursor.", en: "It does not go together with a cursor.")
            )
        }
        return .after(try FeedPlace(cursor: cursor))
    }
}

extension FeedPage {
    fileprivate var response: Response {
        .json([
            "data": .array(self.calls.map(\.changeJSON)),
            "next_cursor": .string(self.end.cursor),
            "has_more": .bool(self.hasMore),
        ])
    }
}
