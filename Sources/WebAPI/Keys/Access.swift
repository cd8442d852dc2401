import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// Who sent a request, and the tenant that it is about.
struct Access: Sendable {
    /// A tenant that exists and is not being removed, and the right to work as it.
    struct Established: Sendable {
        var scope: TenantScope
        var tenant: Tenant
    }

    var principal: Principal
    /// Of an operator the tenant in the path, of others the key's own.
    var established: Established?
    /// True when the path names another tenant than the key's.
    var namesForeignTenant: Bool
}

/// An operator at work.
struct OperatorContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestID: String
    let principal: Principal
    /// The tenant in the path, when it exists and is not being removed.
    let established: Access.Established?
    /// Nil without an Idempotency-Key.
    let attempt: IdempotentAttempt?

    init(context: APIContext) throws {
        let access = try context.authenticated()
        guard access.principal.role == .operator else {
            throw HTTPProblem(access.namesForeignTenant ? .notFound : .forbidden)
        }
        self.coreContext = context.coreContext
        self.requestID = context.requestID
        self.principal = access.principal
        self.established = access.established
        self.attempt = context.attempt
    }
}

/// A tenant's admin, or an operator who entered the tenant.
struct TenantAdminContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let requestID: String
    let principal: Principal
    let scope: TenantScope
    let tenant: Tenant

    init(context: APIContext) throws {
        let access = try context.authenticated()
        guard !access.namesForeignTenant else { throw HTTPProblem(.notFound) }
        guard access.principal.role == .operator || access.principal.role == .admin else {
            throw HTTPProblem(.forbidden)
        }
        guard let established = access.established else { throw HTTPProblem(.notFound) }
        self.coreContext = context.coreContext
        self.requestID = context.requestID
        self.principal = access.principal
        self.scope = established.scope
        self.tenant = established.tenant
    }

    /// The reader's language: the request's, else the tenant's.
    func language(of request: Request) -> Language {
        AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? self.tenant.locale
    }

    /// - Throws: ``HTTPProblem`` 409 when the tenant is suspended: nothing may be changed then.
    func requireActive() throws(HTTPProblem) {
        guard self.tenant.status == .active else { throw HTTPProblem(.tenantSuspended) }
    }
}

/// A connector that reads its tenant's calls.
struct ConnectorContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let principal: Principal
    let scope: TenantScope
    let tenant: Tenant

    init(context: APIContext) throws {
        let access = try context.authenticated()
        guard access.principal.role == .connector else { throw HTTPProblem(.forbidden) }
        guard let established = access.established else { throw HTTPProblem.unauthorized }
        self.coreContext = context.coreContext
        self.principal = access.principal
        self.scope = established.scope
        self.tenant = established.tenant
    }
}

extension APIContext {
    /// - Throws: ``HTTPProblem`` 401 when nobody authenticated the request.
    fileprivate func authenticated() throws(HTTPProblem) -> Access {
        guard let access = self.access else { throw .unauthorized }
        return access
    }
}

extension HTTPProblem {
    /// 401 with the way to authenticate.
    static let unauthorized = HTTPProblem(.unauthorized, headers: [.wwwAuthenticate: #"Bearer realm="ringbridge""#])
}
