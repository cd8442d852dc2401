import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// The call records that a connector reads: `/v1/calls`.
struct CallRoutes: Sendable {
    let database: Database

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("calls") { request, context in try await self.list(request, context: context) }
        router.get("calls/{id}") { request, context in
            _ = try QueryParameters(request, known: [])
            guard let id = context.parameters.get("id").flatMap({ UUID(uuidString: $0) }) else {
                throw HTTPProblem(.notFound)
            }
            let call = try await self.database.tenant(context.scope) { try await $0.calls.find(id) }
            guard let call else { throw HTTPProblem(.notFound) }
            return Response.json(call.json)
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
}

extension StoredCall {
    fileprivate var position: CallListPosition {
        CallListPosition(startedAt: self.record.startedAt, id: self.id)
    }
}
