import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// One call record that a connector reads: `/v1/calls/{id}`.
struct CallRoutes: Sendable {
    let database: Database

    func add(to router: RouterGroup<ConnectorContext>) {
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
}
