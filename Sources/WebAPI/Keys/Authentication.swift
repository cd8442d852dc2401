import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// Finds out who sent a request, from `Authorization: Bearer <api key>`, and which tenant it is about.
struct Authentication: RouterMiddleware {
    typealias Context = APIContext

    let database: Database
    /// The bootstrap key, which works without the database.
    let operatorKey: SecretDigest?

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard let key = Self.bearerToken(request.headers[.authorization]) else { throw HTTPProblem.unauthorized }
        let named = context.parameters.get("tenant").map {
            PercentEncoding.decode($0).flatMap(TenantID.init(validating:))
        }
        let access = try await self.access(SecretDigest(of: key), named: named)
        context.trail.note(actor: access.principal.actor, tenant: access.established?.tenant)
        var context = context
        context.access = access
        return try await next(request, context)
    }

    /// `named`: nil when the path has no place for a tenant, `.some(nil)` when what is there cannot be one.
    private func access(_ digest: SecretDigest, named: TenantID??) async throws -> Access {
        if digest == self.operatorKey {
            guard case .some(.some(let tenantID)) = named else {
                return Access(principal: .bootstrapOperator, established: nil, namesForeignTenant: false)
            }
            return try await self.database.system { transaction in
                try await Self.access(.bootstrapOperator, tenantID: tenantID, in: transaction)
            }
        }
        return try await self.database.system { transaction in
            guard let principal = try await transaction.keys.authenticate(digest) else {
                throw HTTPProblem.unauthorized
            }
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
