import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import Telephony

/// The live feed for screen pops: `GET /v1/live`, as an event stream, or as JSON that a reader asks for again and again.
///
/// It tells what happens while somebody reads. A reader that comes back within a minute goes on where it was, at whatever
/// server; one that comes later begins now and is told that it has skipped something.
struct LiveRoute: Sendable {
    /// Seconds that a reader may wait for something to happen.
    private static let maximumWait = 30

    let database: Database
    let changes: ChangeWait
    let streams: EventStreams

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("live") { request, context in
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
        let query = try QueryParameters(request, known: ["cursor", "wait"])
        let wait = try query.integer("wait", in: 0...Self.maximumWait) ?? 0
        let reader = LiveReader(database: self.database, scope: context.scope)
        let page = try await reader.page(after: try query["cursor"].map(LivePlace.init(cursor:)))
        guard page.isEmpty, wait > 0 else { return page.response }
        // Reading on from the connection tells when the client goes; the wait then ends. The reading cannot be taken back,
        // so the connection ends with this answer, which says so.
        var last = page
        let later = try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await self.changes.first(
                from: .live,
                of: context.scope.tenantID,
                within: .seconds(wait),
                every: .seconds(5)
            ) {
                last = try await reader.page(after: last.place)
                return last.isEmpty ? nil : last
            }
        }
        var response = (later ?? last).response
        response.headers[.connection] = "close"
        return response
    }

    /// An event stream; of a reader that comes back, `Last-Event-ID` says where it was.
    private func follow(_ request: Request, context: ConnectorContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["cursor"])
        let lastEventID = request.headers[.lastEventID].flatMap { $0.isEmpty ? nil : $0 }
        let place = try (lastEventID ?? query["cursor"]).map(LivePlace.init(cursor:))
        return try await self.streams.response(to: request, context: context) {
            let reader = LiveReader(database: self.database, scope: context.scope)
            let first = try await reader.page(after: place)
            // Who loses the connection again before the messages came must be told them again.
            let begin = first.isSkipped ? first.place : place ?? first.place
            var opening = EventStreams.opening(at: begin.cursor)
            opening.writeImmutableBuffer(first.messages)
            return (opening, LiveFollower(reader: reader, place: first.place))
        }
    }
}

/// Reads the live feed of one tenant.
private struct LiveReader: Sendable {
    let database: Database
    let scope: TenantScope

    func page(after place: LivePlace?) async throws -> LivePage {
        try await self.database.snapshot(of: self.scope) { try await $0.live.page(after: place) }
    }
}

/// The live feed as an event stream.
private struct LiveFollower: StreamFollower {
    static let news = NewsSource.live

    let reader: LiveReader
    private(set) var place: LivePlace

    var hasMore: Bool { false }
    /// With the place, so that a reader of whom nobody was called for long does not come back to a place that no longer holds.
    var silence: ByteBuffer { ByteBuffer(string: ":\nid: \(self.place.cursor)\n\n") }

    init(reader: LiveReader, place: LivePlace) {
        self.reader = reader
        self.place = place
    }

    mutating func look() async throws -> ByteBuffer? {
        let page = try await self.reader.page(after: self.place)
        self.place = page.place
        return page.isEmpty ? nil : page.messages
    }
}

extension LivePlace {
    var cursor: String { Cursor.encode(.live, "\(self.instant.microseconds).\(self.seen.text)") }

    /// Reads a cursor.
    ///
    /// - Throws: ``HTTPProblem`` 400 for a text that the live feed did not give out.
    init(cursor: String) throws(HTTPProblem) {
        let parts = try Cursor.decode(.live, cursor)?.split(separator: ".", maxSplits: 1) ?? []
        guard parts.count == 2, let microseconds = Int64(parts[0]), let seen = CommitSnapshot(text: parts[1]) else {
            throw HTTPProblem(.invalidCursor)
        }
        self.init(seen: seen, instant: Timestamp(microseconds: microseconds))
    }
}

extension LivePage {
    fileprivate var entries: [JSONValue] { self.cards.map(\.json) + self.agents.map(\.presenceJSON) }

    fileprivate var response: Response {
        .json([
            "data": .array(self.entries),
            "next_cursor": .string(self.place.cursor),
            "skipped": .bool(self.isSkipped),
        ])
    }

    /// The entries as messages of an event stream; the last has the place after them all.
    fileprivate var messages: ByteBuffer {
        var bytes: [UInt8] = []
        let entries = (self.isSkipped ? [["event": "skipped"]] : []) + self.entries
        for (index, entry) in entries.enumerated() {
            if index == entries.count - 1 {
                bytes += "id: \(self.place.cursor)\n".utf8
            }
            bytes += "event: \(entry["event"]?.text ?? "")\ndata: ".utf8
            entry.write(into: &bytes)
            bytes += "\n\n".utf8
        }
        return ByteBuffer(bytes: bytes)
    }
}

extension CardMessage {
    fileprivate var json: JSONValue {
        [
            "event": .string(self.kind.rawValue),
            "card_id": .string(self.card.id),
            "call_id": .string(self.card.callID.rawValue),
            "direction": .string(self.card.direction.rawValue),
            "user_id": JSONValue(self.card.userID?.rawValue),
            "extension": [
                "id": .integer(self.card.extensionRef.id.rawValue),
                "name": .string(self.card.extensionRef.name),
                "type": .string(self.card.extensionRef.type.rawValue),
            ],
            "client_number": JSONValue(self.card.clientNumber),
            "client_name": JSONValue(self.card.clientName),
            "did": JSONValue(self.card.did),
            "at": JSONValue(self.at),
        ]
    }
}

extension Agent {
    /// The agent as `GET /v1/agents` shows it, as a message.
    fileprivate var presenceJSON: JSONValue {
        .object([JSONValue.Member(name: "event", value: "agent.status")] + (self.json.members ?? []))
    }
}
