import HTTPTypes
import Hummingbird
import Metrics
import Storage
import Telephony

/// Finds out who sent a request, from `Authorization: Bearer <api key>`, and which tenant it is about.
///
/// A source that sends many requests without a valid key is told to wait (429); a valid key is never refused for that.
struct Authentication: RouterMiddleware {
    typealias Context = APIContext

    private let database: Database
    /// The bootstrap key, which works without the database.
    private let operatorKey: SecretDigest?
    private let trustedProxies: [CIDR]
    private let limiter: SourceLimiter
    private let refused = Self.counter("refused")
    private let limited = Self.counter("limited")

    init(configuration: WebAPIConfiguration, database: Database) {
        self.database = database
        self.operatorKey = configuration.operatorKeyDigest
        self.trustedProxies = configuration.trustedProxies
        self.limiter = SourceLimiter(
            burst: configuration.failedAuthenticationBurst,
            perSecond: configuration.failedAuthenticationsPerSecond
        )
    }

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let named = context.parameters.get("tenant").map {
            PercentEncoding.decode($0).flatMap(TenantID.init(validating:))
        }
        let key = Self.bearerToken(request.headers[.authorization])
        guard let key, let access = try await self.access(SecretDigest(of: key), named: named) else {
            throw self.refusal(of: context.clientAddress(of: request, trustedProxies: self.trustedProxies))
        }
        context.trail.note(actor: access.principal.actor, tenant: access.established?.tenant)
        var context = context
        context.access = access
        return try await next(request, context)
    }

    /// What a request without a valid key is answered: 401, or 429 when its source has sent too many of them.
    private func refusal(of source: IPAddress?) -> HTTPProblem {
        guard let seconds = self.limiter.take(source) else {
            self.refused.increment()
            return .unauthorized
        }
        self.limited.increment()
        return .temporary(.tooManyRequests, retryAfterSeconds: seconds)
    }

    private static func counter(_ outcome: String) -> Counter {
        Counter(label: "ringbridge_failed_authentications", dimensions: [("outcome", outcome)])
    }

    /// Nil when nobody holds the key. `named`: nil when the path has no place for a tenant, `.some(nil)` when what is there cannot be one.
    private func access(_ digest: SecretDigest, named: TenantID??) async throws -> Access? {
        if digest == self.operatorKey {
            guard case .some(.some(let tenantID)) = named else {
                return Access(principal: .bootstrapOperator, established: nil, namesForeignTenant: false)
            }
            return try await self.database.system { transaction in
                try await Self.access(.bootstrapOperator, tenantID: tenantID, in: transaction)
            }
        }
        return try await self.database.system { transaction in
            guard let principal = try await transaction.keys.authenticate(digest) else { return nil }
            guard let own = principal.scope?.tenantID else {
                return try await Self.access(principal, tenantID: named ?? nil, in: transaction)
            }
            var access = try await Self.access(principal, tenantID: own, in: transaction)
            if let named {
                access.namesForeignTenant = named != own
            }
            return access
        }
    }

    private static func access(
        _ principal: Principal,
        tenantID: TenantID?,
        in transaction: SystemTransaction
    ) async throws -> Access {
        guard let tenantID, let scope = try await transaction.tenants.scope(of: tenantID),
            let tenant = try await transaction.tenants.find(tenantID)
        else { return Access(principal: principal, established: nil, namesForeignTenant: false) }
        return Access(
            principal: principal,
            established: Access.Established(scope: scope, tenant: tenant),
            namesForeignTenant: false
        )
    }

    /// The token of a `Bearer` credential (RFC 6750); nil for anything else.
    static func bearerToken(_ header: String?) -> Substring? {
        guard let header, let space = header.firstIndex(of: " "), header[..<space].lowercased() == "bearer" else {
            return nil
        }
        let token = header[space...].drop { $0 == " " }
        return token.isEmpty || token.utf8.count > 1_024 || token.contains(" ") ? nil : token
    }
}
