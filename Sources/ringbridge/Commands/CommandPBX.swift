import Logging
import RingmeAPI
import Storage
import Telephony
import Workers

// How commands reach tenants' PBXs, without a server.

/// The named tenant, or all that are active.
func activeTenants(_ name: String?, in database: Database) async throws -> [TenantScope] {
    try await database.system { transaction in
        if let named = try await existingScope(name, in: transaction) {
            return [named]
        }
        var scopes: [TenantScope] = []
        var last: TenantID?
        while true {
            let page = try await transaction.tenants.list(after: last, limit: 500)
            for tenant in page where tenant.status == .active {
                if let scope = try await transaction.tenants.scope(of: tenant.id) {
                    scopes.append(scope)
                }
            }
            guard page.count == 500 else { return scopes }
            last = page.last?.id
        }
    }
}

/// Runs `body` with a way to the tenants' PBXs.
func withPBX<Value: Sendable>(
    _ configuration: ServerConfiguration,
    _ database: Database,
    _ body: (PBXGateway, PBXHTTPClient) async throws -> Value
) async throws -> Value {
    let http = PBXHTTPClient()
    let gateway = PBXGateway(
        http: http,
        defaultURL: configuration.pbxURL,
        database: database,
        keyRing: configuration.keyRing,
        logger: commandLogger
    )
    let result: Result<Value, any Error>
    do {
        result = .success(try await body(gateway, http))
    } catch {
        result = .failure(error)
    }
    try await http.shutdown()
    return try result.get()
}
