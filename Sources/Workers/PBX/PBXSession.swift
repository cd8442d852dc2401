import Logging
import RingmeAPI
import Storage
import Synchronization
import Telephony

/// Why a request was not sent, or failed.
enum PBXFailure: Error, Sendable {
    /// The budget asks to wait: nothing was sent, or the PBX refused it for having had too many.
    case overBudget(waitSeconds: Int)
    case pbx(PBXError)
}

/// One tenant's connection to its PBX: each request first asks the budget, and leaves there what the answer said.
final class PBXSession: Sendable {
    let pbx: Tenant.PBX
    private let endpoint: PBXEndpoint
    private let client: RingmeClient
    private let database: Database
    private let turns: Turns
    /// What `@me` stands for, once known.
    private let resolvedClient = Mutex<String?>(nil)

    init(
        pbx: Tenant.PBX,
        endpoint: PBXEndpoint,
        credentials: PBXCredentials,
        http: PBXHTTPClient,
        database: Database,
        turns: Turns,
        logger: Logger
    ) {
        self.pbx = pbx
        self.endpoint = endpoint
        self.database = database
        self.turns = turns
        self.client = RingmeClient(endpoint: endpoint, credentials: credentials, http: http, logger: logger)
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

    /// Sends what one call of the client takes: a request, or one a page. The budget is asked before each.
    ///
    /// - Throws: ``PBXFailure``, or ``Storage/StorageError`` when the budget cannot be read or written.
    func send<Value: Sendable>(
        isInteractive: Bool,
        _ request: (RingmeClient) async throws(PBXError) -> Value
    ) async throws -> Value {
        let gate = BudgetGate(
            owner: self.budgetOwner,
            isInteractive: isInteractive,
            database: self.database,
            turns: self.turns
        )
        let result: Result<Value, PBXError>
        do throws(PBXError) {
            result = .success(try await request(self.client.behind(gate)))
        } catch {
            result = .failure(error)
        }
        try gate.proveRecorded()
        return try result.mapError { error in
            gate.waitSeconds.map { .overBudget(waitSeconds: $0) } ?? PBXFailure.pbx(error)
        }.get()
    }

    /// What the PBX last said of the budget; nil before its first answer.
    func budget() async throws -> PBXBudget? {
        try await self.database.system { try await $0.budget(of: self.budgetOwner) }
    }

    /// Tenants of one PBX client share its budget; before the client is known an application has one of its own.
    private var budgetOwner: PBXBudgetOwner {
        PBXBudgetOwner(
            pbxURL: self.endpoint.baseURL,
            pbxClient: self.resolvedClient.withLock { $0 } ?? "app:\(self.pbx.appID)"
        )
    }
}
