import HTTPTypes
import Hummingbird
import NIOCore
import Storage
import Telephony

/// The call records that a connector reads: `GET /v1/calls`, in pages as JSON, or all at once as CSV or NDJSON.
struct CallListRoute: Sendable {
    let database: Database
    let exports: CallExports

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls") { request, context in
            var response =
                switch try request.preferredForm(of: [.json, .csv, .ndjson]) {
                case .csv: try await self.export(CallCSV.self, request, context: context)
                case .ndjson: try await self.export(CallNDJSON.self, request, context: context)
                case .json, .eventStream: try await self.list(request, context: context)
                }
            response.headers[.vary] = "Accept"
            return response
        }
    }

    private func list(_ request: Request, context: ConnectorContext) async throws -> Response {
        let query = try QueryParameters(request, known: CallFilter.parameters.union(["limit", "cursor"]))
        let filter = try CallFilter(query)
        let limit = try query.limit()
        let cursor = try Cursor.decode(.calls, query["cursor"])
        let position = cursor.flatMap { CallListPosition($0) }
        guard cursor == nil || position != nil else { throw HTTPProblem(.invalidCursor) }
        let calls = try await self.database.tenant(context.scope) { transaction in
            try await transaction.calls.list(filter, after: position, limit: limit + 1)
        }
        let page = calls.prefix(limit)
        let next = calls.count > limit ? page.last.map { Cursor.encode(.calls, $0.position.text) } : nil
        return .page(page.map(\.json), next: next)
    }

    /// All calls, with the cursor from which the feed goes on. What goes wrong after the beginning breaks the connection, so
    /// that nobody takes half an export for a whole one.
    private func export<Format: CallExportFormat>(
        _ format: Format.Type,
        _ request: Request,
        context: ConnectorContext
    ) async throws -> Response {
        let filter = try CallFilter(try QueryParameters(request, known: CallFilter.parameters))
        let export = try await self.exports.begin(filter, of: context.scope)
        let body = ResponseBody { writer in
            // Reading on from the connection tells when the client goes; the connection therefore ends with this answer.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await writer.write(ByteBuffer(bytes: Format.header))
                var isComplete = false
                while !isComplete {
                    let page = try await export.next()
                    var bytes: [UInt8] = []
                    for call in page.calls {
                        Format.write(call, into: &bytes)
                    }
                    try await writer.write(ByteBuffer(bytes: bytes))
                    isComplete = page.isLast
                }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: Format.contentType,
                .contentDisposition: #"attachment; filename="\#(Format.fileName)""#,
                .feedCursor: Cursor.encode(.feed, export.place.text),
                .connection: "close",
            ],
            body: body
        )
    }
}

extension StoredCall {
    /// Where a list that ends with this call goes on.
    var position: CallListPosition {
        CallListPosition(startedAt: self.record.startedAt, id: self.id)
    }
}
