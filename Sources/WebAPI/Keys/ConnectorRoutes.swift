import Hummingbird
import Storage
import Telephony

/// What a connector learns about itself: `/v1/whoami`, `/v1/users`.
struct ConnectorRoutes: Sendable {
    let database: Database

    func add(to router: RouterGroup<ConnectorContext>) {
        router.get("whoami") { request, context in
            _ = try QueryParameters(request, known: [])
            return Response.json([
                "role": .string(context.principal.role.rawValue),
                "key_id": JSONValue(context.principal.actor.split(separator: ":").last.map(String.init)),
                "tenant": .string(context.tenant.id.rawValue),
                "name": .string(context.tenant.name),
                "locale": .string(context.tenant.locale.rawValue),
                "time_zone": .string(context.tenant.timeZone),
                "status": .string(context.tenant.status.rawValue),
            ])
        }
        router.get("users") { request, context in
            try await UserList.page(request, scope: context.scope, database: self.database)
        }
    }
}
