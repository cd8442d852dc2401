package import Logging
package import RingmeAPI
package import Storage
import Synchronization
import Telephony

/// Reaches the tenants' PBXs within their budgets.
///
/// One client a tenant is kept, with its OAuth token; it is made anew when the tenant's PBX or credentials change.
package final class PBXGateway: Sendable {
    private let http: PBXHTTPClient
    private let defaultURL: String
    private let database: Database
    private let keyRing: KeyRing
    private let logger: Logger
    private let turns = Turns()
    private let sessions = Mutex<[TenantID: PBXSession]>([:])

    /// `http`: shut down by the caller.
    /// `defaultURL`: `PBX_URL`.
    package init(http: PBXHTTPClient, defaultURL: String, database: Database, keyRing: KeyRing, logger: Logger) {
        self.http = http
        self.defaultURL = defaultURL
        self.database = database
        self.keyRing = keyRing
        self.logger = logger
    }

    /// The session of a tenant.
    ///
    /// - Throws: ``Storage/KeyRing/OpenError`` when the key ring cannot open the app secret.
    func session(for tenant: Tenant) throws -> PBXSession {
        if let session = self.sessions.withLock({ $0[tenant.id] }), session.pbx == tenant.pbx {
            return session
        }
        let secret = try self.keyRing.open(tenant.pbx.sealedAppSecret, context: .appSecret(of: tenant.id))
        let session = PBXSession(
            pbx: tenant.pbx,
            endpoint: PBXEndpoint(baseURL: tenant.pbx.url ?? self.defaultURL, clientID: tenant.pbx.clientID),
            credentials: PBXCredentials(appID: tenant.pbx.appID, appSecret: secret),
            http: self.http,
            database: self.database,
            turns: self.turns,
            logger: self.logger
        )
        self.sessions.withLock { $0[tenant.id] = session }
        return session
    }
}
