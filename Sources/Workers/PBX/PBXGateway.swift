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
            logger: self.logger
        )
        self.sessions.withLock { $0[tenant.id] = session }
        return session
    }
}

/// Why a request was not sent, or failed.
enum PBXFailure: Error, Sendable {
    /// The budget asks to wait; nothing was sent.
    case overBudget(waitSeconds: Int)
    case pbx(PBXError)
}

/// One tenant's connection to its PBX: each request first asks the budget, and leaves there what the answer said.
final class PBXSession: Sendable {
    let pbx: Tenant.PBX
    private let endpoint: PBXEndpoint
    private let client: RingmeClient
    private let rateLimit: LatestRateLimit
    private let database: Database
    /// What `@me` stands for, once known.
    private let resolvedClient = Mutex<String?>(nil)

    init(
        pbx: Tenant.PBX,
        endpoint: PBXEndpoint,
        credentials: PBXCredentials,
        http: PBXHTTPClient,
        database: Database,
        logger: Logger
    ) {
        let rateLimit = LatestRateLimit()
        self.pbx = pbx
        self.endpoint = endpoint
        self.rateLimit = rateLimit
        self.database = database
        self.client = RingmeClient(
            endpoint: endpoint,
            credentials: credentials,
            http: http,
            onRateLimit: { rateLimit.note($0) },
            logger: logger
        )
        if endpoint.clientID != "@me" {
            self.resolvedClient.withLock { $0 = endpoint.clientID }
        }
    }

    /// Finds out once what `@me` stands for, and stores it: the tenants of one PBX client share its budget.
    func resolveClient(of tenant: Tenant, scope: TenantScope, isInteractive: Bool) async throws {
        guard self.resolvedClient.withLock({ $0 }) == nil else { return }
        if let stored = tenant.resolvedPBXClient {
            self.resolvedClient.withLock { $0 = stored }
            return
        }
        let user = try await self.send(isInteractive: isInteractive) { client throws(PBXError) in
            try await client.currentUser()
        }
        self.resolvedClient.withLock { $0 = user.clientID }
        try await self.database.system { transaction in
            try await transaction.resolvePBXClient(of: scope, version: tenant.version, as: user.clientID)
        }
    }

    /// Sends one request.
    ///
    /// - Throws: ``PBXFailure``, or ``Storage/StorageError`` when the budget cannot be read.
    func send<Value: Sendable>(
        isInteractive: Bool,
        _ request: (RingmeClient) async throws(PBXError) -> Value
    ) async throws -> Value {
        let budgetOwner = self.budgetOwner
        let budget = try await self.database.system { transaction in
            try await transaction.budget(pbxURL: self.endpoint.baseURL, pbxClient: budgetOwner)
        }
        if case .wait(let seconds) = BudgetRule.decide(budget, isInteractive: isInteractive) {
            throw PBXFailure.overBudget(waitSeconds: seconds)
        }
        let result: Result<Value, PBXError>
        do throws(PBXError) {
            result = .success(try await request(self.client))
        } catch {
            result = .failure(error)
        }
        try await self.record(result.blockSeconds, budgetOwner: budgetOwner)
        return try result.mapError(PBXFailure.pbx).get()
    }

    /// Tenants of one PBX client share its budget; before the client is known an application has one of its own.
    private var budgetOwner: String {
        self.resolvedClient.withLock { $0 } ?? "app:\(self.pbx.appID)"
    }

    private func record(_ blockSeconds: Int?, budgetOwner: String) async throws {
        let limits = self.rateLimit.take()
        guard limits != nil || blockSeconds != nil else { return }
        try await self.database.system { transaction in
            try await transaction.recordBudget(
                pbxURL: self.endpoint.baseURL,
                pbxClient: budgetOwner,
                limit: limits?.limit,
                remaining: limits?.remaining,
                resetSeconds: limits?.resetSeconds,
                blockSeconds: blockSeconds
            )
        }
    }
}

extension Result where Failure == PBXError {
    /// How long a 429 asks everybody to wait; a minute when it does not say.
    fileprivate var blockSeconds: Int? {
        guard case .failure(let error) = self, case .rateLimited(let retryAfter) = error.code else { return nil }
        return Int(retryAfter?.components.seconds ?? 60)
    }
}

/// What the latest answers said of the budget.
private final class LatestRateLimit: Sendable {
    private let latest = Mutex<RateLimit?>(nil)

    func note(_ limit: RateLimit) { self.latest.withLock { $0 = limit } }
    func take() -> RateLimit? {
        self.latest.withLock { latest in
            defer { latest = nil }
            return latest
        }
    }
}
