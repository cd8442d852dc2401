import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// The operator's tenants: `/admin/v1/tenants`.
struct TenantRoutes: Sendable {
    let database: Database
    let keyRing: KeyRing

    func add(to router: RouterGroup<OperatorContext>) {
        router.get { request, _ in try await self.list(request) }
        router.get("{tenant}") { request, context in
            _ = try QueryParameters(request, known: [])
            let id = try context.tenantID(orElse: .notFound)
            let (tenant, removal) = try await self.database.system { transaction in
                guard let tenant = try await transaction.tenants.find(id) else { throw HTTPProblem(.notFound) }
                let isGoing = tenant.status == .removing
                return (tenant, isGoing ? try await transaction.removals.progress(of: id) : nil)
            }
            guard let removal else { return Self.answer(tenant) }
            let language = AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? tenant.locale
            return Response.json(
                tenant.json.adding("removal", removal.json(of: id, in: language)),
                headers: [.eTag: EntityTag.text(tenant.version)]
            )
        }
        router.put("{tenant}") { request, context in try await self.put(request, context: context) }
    }

    private func list(_ request: Request) async throws -> Response {
        let query = try QueryParameters(request, known: ["limit", "cursor"])
        let limit = try query.limit()
        let after = try Cursor.decode(.tenants, query["cursor"]).map(TenantID.init(rawValue:))
        let tenants = try await self.database.system { transaction in
            try await transaction.tenants.list(after: after, limit: limit + 1)
        }
        let page = tenants.prefix(limit)
        let next = tenants.count > limit ? page.last.map { Cursor.encode(.tenants, $0.id.rawValue) } : nil
        return .page(page.map(\.json), next: next)
    }

    private func put(_ request: Request, context: OperatorContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        let id = try context.tenantID(orElse: .invalidParameter)
        let condition = EntityTag.Condition(request)
        let body = try await request.json()
        // Another writer may come between the look and the write; the version tells, and the look is repeated.
        for _ in 0..<3 {
            let written = try await self.database.system { transaction in
                try await self.put(id, body, condition: condition, context: context, in: transaction)
            }
            if let written {
                return Self.answer(written.tenant, status: written.isNew ? .created : .ok)
            }
        }
        throw HTTPProblem(.conflict)
    }

    /// Nil when another writer was faster.
    private func put(
        _ id: TenantID,
        _ body: JSONValue,
        condition: EntityTag.Condition,
        context: OperatorContext,
        in transaction: SystemTransaction
    ) async throws -> (tenant: Tenant, isNew: Bool)? {
        let old = try await transaction.tenants.hold(id)
        guard condition.holds(for: old?.version) else { throw HTTPProblem(.preconditionFailed) }
        guard old?.status != .removing else { throw HTTPProblem(.tenantRemoving) }
        var knowsTimeZone = false
        if let name = TenantDefinition.namedTimeZone(body) {
            knowsTimeZone = try await transaction.tenants.knowsTimeZone(name)
        }
        let wanted = try TenantDefinition(body, isNew: old == nil, knowsTimeZone: knowsTimeZone)
        guard let sealed = try self.sealedSecret(wanted.appSecret, of: id) ?? old?.pbx.sealedAppSecret else {
            throw HTTPProblem(.validationFailed)
        }
        let definition = TenantStore.Definition(
            id: id,
            name: wanted.name,
            locale: wanted.locale,
            timeZone: wanted.timeZone,
            status: wanted.status,
            pbx: Tenant.PBX(
                url: wanted.pbxURL,
                clientID: wanted.clientID,
                appID: wanted.appID,
                sealedAppSecret: sealed
            ),
            settings: wanted.settings
        )
        // No tenant has version 0: with it a tenant that came meanwhile is not overwritten.
        guard let tenant = try await transaction.tenants.put(definition, ifVersion: old?.version ?? 0) else {
            return nil
        }
        try await transaction.audit(
            AuditEntry(
                actor: context.principal.actor,
                action: "tenant.put",
                target: "tenant:\(id)",
                before: old?.audited,
                after: PostgresJSON(
                    bytes: tenant.json.adding("app_secret_changed", .bool(wanted.appSecret != nil)).bytes
                ),
                requestID: context.requestID
            ),
            tenantID: id
        )
        return (tenant, old == nil)
    }

    private func sealedSecret(_ secret: String?, of id: TenantID) throws -> String? {
        try secret.map { try self.keyRing.seal($0, context: .appSecret(of: id)) }
    }

    private static func answer(_ tenant: Tenant, status: HTTPResponse.Status = .ok) -> Response {
        .json(tenant.json, status: status, headers: [.eTag: EntityTag.text(tenant.version)])
    }
}

extension OperatorContext {
    /// The tenant in the path.
    ///
    /// - Throws: ``HTTPProblem`` with the given code when no tenant can be called that.
    func tenantID(orElse code: ProblemCode) throws(HTTPProblem) -> TenantID {
        guard let text = self.parameters.get("tenant").flatMap({ PercentEncoding.decode($0) }),
            let id = TenantID(validating: text)
        else {
            throw HTTPProblem(
                code,
                detail: code == .notFound
                    ? nil
                    : LocalizedText(
                        ru: "Ключ клиента: от 1 до 64 знаков из A-Z, a-z, 0-9, _ и -.",
                        en: "A tenant's key is 1 to 64 characters of A-Z, a-z, 0-9, _ and -."
                    )
            )
        }
        return id
    }
}
