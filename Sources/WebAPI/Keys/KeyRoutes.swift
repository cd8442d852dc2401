import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// A tenant's API keys, made by operators: `/admin/v1/tenants/{tenant}/keys`.
struct KeyRoutes: Sendable {
    let database: Database
    let now: @Sendable () -> Timestamp

    func add(to router: RouterGroup<OperatorContext>) {
        router.post("{tenant}/keys") { request, context in try await self.create(request, context: context) }
        router.get("{tenant}/keys") { request, context in
            let query = try QueryParameters(request, known: ["limit", "cursor"])
            let scope = try context.tenantScope()
            let keys = try await self.database.system { try await $0.keys.list(of: scope) }
            return try query.page(of: keys, .keys, position: \.position, json: \.json)
        }
        router.delete("{tenant}/keys/{id}") { request, context in try await self.revoke(request, context: context) }
    }

    private func create(_ request: Request, context: OperatorContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        let scope = try context.tenantScope()
        let wanted = try WantedKey(try await request.json(), now: self.now())
        var generator = SystemRandomNumberGenerator()
        let secret = APIKeySecret.generate(role: wanted.role, using: &generator)
        let (key, location) = try await self.database.system { transaction in
            let created = try await transaction.keys.create(
                secret,
                role: wanted.role,
                scope: scope,
                name: wanted.name,
                expiresAt: wanted.expiresAt
            )
            guard let key = created else { throw HTTPProblem(.internalError) }
            let location = "/admin/v1/tenants/\(scope.tenantID)/keys/\(key.id)"
            // Together with the key, so that a repetition never makes a second one; and without the secret.
            try await context.attempt?.keep(
                IdempotentAnswer(
                    status: .created,
                    headers: [.contentType: "application/json", .location: location],
                    body: key.json.adding("key", .null).bytes
                ),
                in: transaction
            )
            try await transaction.audit(
                AuditEntry(
                    actor: context.principal.actor,
                    action: "key.create",
                    target: "key:\(secret.id)",
                    after: PostgresJSON(bytes: key.json.bytes),
                    requestID: context.requestID
                ),
                tenantID: scope.tenantID
            )
            return (key, location)
        }
        return .json(
            key.json.adding("key", .string(secret.text)),
            status: .created,
            headers: [.location: location]
        )
    }

    private func revoke(_ request: Request, context: OperatorContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        let scope = try context.tenantScope()
        guard let id = context.parameters.get("id").flatMap({ PercentEncoding.decode($0) }) else {
            throw HTTPProblem(.notFound)
        }
        try await self.database.system { transaction in
            let old = try await transaction.keys.list(of: scope).first { $0.id == id }
            guard try await transaction.keys.revoke(id, of: scope) else { throw HTTPProblem(.notFound) }
            try await transaction.audit(
                AuditEntry(
                    actor: context.principal.actor,
                    action: "key.revoke",
                    target: "key:\(id)",
                    before: old.map { PostgresJSON(bytes: $0.json.bytes) },
                    requestID: context.requestID
                ),
                tenantID: scope.tenantID
            )
        }
        return Response(status: .noContent)
    }
}

/// The body of a key's creation, checked.
private struct WantedKey {
    var role: APIKeyRole
    var name: String
    var expiresAt: Timestamp?

    init(_ body: JSONValue, now: Timestamp) throws(HTTPProblem) {
        var check = BodyCheck()
        let root = check.object(body, members: ["role", "name", "expires_at"])
        let role = check.choice(root, "role", of: [APIKeyRole.admin, .connector], required: true)
        let name = check.text(root, "name", required: true)
        if let text = check.text(root, "expires_at") {
            self.expiresAt = Timestamp(rfc3339: text)
            if self.expiresAt.map({ $0 <= now }) ?? true {
                check.fail(
                    "/expires_at",
                    .invalidValue,
                    LocalizedText(
                        ru: "Ожидается будущее время RFC 3339, например 2030-01-01T00:00:00Z.",
                        en: "Expected a future RFC 3339 instant such as 2030-01-01T00:00:00Z."
                    )
                )
            }
        }
        try check.finish()
        guard let role, let name else { throw HTTPProblem(.validationFailed) }
        self.role = role
        self.name = name
    }
}

extension APIKey {
    /// Its place in the list, which is ordered by it as text.
    fileprivate var position: String { "\(self.createdAt.rfc3339)/\(self.id)" }

    /// The key as it is listed; its secret is not stored.
    fileprivate var json: JSONValue {
        [
            "id": .string(self.id),
            "role": .string(self.role.rawValue),
            "name": .string(self.name),
            "created_at": JSONValue(self.createdAt),
            "expires_at": JSONValue(self.expiresAt),
            "revoked_at": JSONValue(self.revokedAt),
            "last_used_at": JSONValue(self.lastUsedAt),
        ]
    }
}

extension OperatorContext {
    /// The right to work as the tenant in the path.
    ///
    /// - Throws: ``HTTPProblem`` 404 when there is none.
    fileprivate func tenantScope() throws(HTTPProblem) -> TenantScope {
        guard let established = self.established else { throw HTTPProblem(.notFound) }
        return established.scope
    }
}
