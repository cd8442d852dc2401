import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// The change feed: `GET /v1/calls/changes`.
///
/// Complete and ordered per tenant: a connector that always passes `next_cursor` on sees every change, each record at its latest
/// version. The cursor is a place in that order and nothing else.
struct FeedRoute: Sendable {
    /// Where a reader without a cursor begins.
    private enum Start: String, CaseIterable { case beginning, now }

    /// Seconds that a reader may wait for a change.
    private static let maximumWait = 30

    let database: Database
    let changes: ChangeWait

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls/changes") { request, context in try await self.read(request, context: context) }
    }

    private func read(_ request: Request, context: ConnectorContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["cursor", "from", "limit", "wait"])
        let limit = try query.limit()
        let start = query["cursor"] == nil ? try query.start() ?? Start.beginning : nil
        guard start != nil || query["from"] == nil else {
            throw HTTPProblem.parameter(
                "from",
                LocalizedText(ru: "Не сочетается с cursor.", en: "It does not go together with a cursor.")
            )
        }
        let wait = try query.integer("wait", in: 0...Self.maximumWait) ?? 0
        let seq = try await self.position(query["cursor"], start: start, scope: context.scope)
        let page = try await self.page(after: seq, limit: limit, scope: context.scope)
        guard page.calls.isEmpty, wait > 0 else { return page.response }
        let scope = context.scope
        // Reading on from the connection tells when the client goes; the wait then ends. The reading cannot be taken back,
        // so the connection ends with this answer, which says so.
        let later = try await request.body.consumeWithCancellationOnInboundClose { _ in
            try await self.changes.first(
                on: Channel.calls,
                of: scope.tenantID,
                within: .seconds(wait),
                every: .seconds(1)
            ) {
                let page = try await self.page(after: seq, limit: limit, scope: scope)
                return page.calls.isEmpty ? nil : page
            }
        }
        var response = (later ?? page).response
        response.headers[.connection] = "close"
        return response
    }

    private func position(_ cursor: String?, start: Start?, scope: TenantScope) async throws -> Int64 {
        if let cursor {
            guard let place = try Cursor.decode(.feed, cursor).flatMap(FeedPlace.init(text:)),
                place.tenantID == scope.tenantID
            else { throw HTTPProblem(.invalidCursor) }
            return place.seq
        }
        return start == .now ? try await self.database.tenant(scope) { try await $0.feed.lastSeq() } : 0
    }

    private func page(after seq: Int64, limit: Int, scope: TenantScope) async throws -> FeedPage {
        let calls = try await self.database.tenant(scope) { transaction in
            let calls = try await transaction.feed.changes(after: seq, limit: limit + 1)
            // A place that the feed has not reached: another tenant's cursor, or from before the database was restored.
            // Going on from there would pass over changes.
            if calls.isEmpty, seq > 0, try await transaction.feed.lastSeq() < seq {
                throw HTTPProblem(.invalidCursor)
            }
            return calls
        }
        return FeedPage(
            calls: Array(calls.prefix(limit)),
            after: FeedPlace(tenantID: scope.tenantID, seq: seq),
            hasMore: calls.count > limit
        )
    }
}

extension QueryParameters {
    fileprivate func start<Start: RawRepresentable<String> & CaseIterable>() throws(HTTPProblem) -> Start? {
        try self.choice("from")
    }
}

/// Some changes in order, and where the next ones begin.
struct FeedPage: Sendable {
    var calls: [StoredCall]
    /// Where this page began.
    var after: FeedPlace
    var hasMore: Bool

    private var end: FeedPlace {
        FeedPlace(tenantID: self.after.tenantID, seq: self.calls.last?.seq ?? self.after.seq)
    }

    var response: Response {
        let entries = self.calls.map { call -> JSONValue in
            [
                "seq": .integer(call.seq),
                "op": call.isWithdrawn ? "delete" : "upsert",
                "call": call.json,
            ]
        }
        return .json([
            "data": .array(entries),
            "next_cursor": .string(Cursor.encode(.feed, self.end.text)),
            "has_more": .bool(self.hasMore),
        ])
    }
}
