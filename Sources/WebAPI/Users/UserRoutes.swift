import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// A tenant's users: `/admin/v1/tenants/{tenant}/users`.
struct UserRoutes: Sendable {
    let database: Database
    let writer: MappingWriter

    func add(to router: RouterGroup<TenantAdminContext>) {
        router.get("users") { request, context in
            try await UserList.page(request, scope: context.scope, database: self.database)
        }
        router.put("users/{user_id}") { request, context in try await self.put(request, context: context) }
        router.delete("users/{user_id}") { request, context in try await self.delete(request, context: context) }
    }

    private func put(_ request: Request, context: TenantAdminContext) async throws -> Response {
        _ = try QueryParameters(request, known: [])
        guard let id = Self.userID(context) else {
            throw HTTPProblem(
                .invalidParameter,
                detail: LocalizedText(
                    ru: "Ключ пользователя: от 1 до 256 знаков без управляющих символов.",
                    en: "A user's key is 1 to 256 characters without control characters."
                )
            )
        }
        let user = try Self.user(id, try await request.json())
        try context.requireActive()
        // Users have no ETag, so no tag can match.
        if case .tags = EntityTag.Condition(request) {
            throw HTTPProblem(.preconditionFailed)
        }
        let mustExist = EntityTag.Condition(request) == .any
        let isNew = try await self.database.tenant(context.scope) { transaction in
            let old = try await transaction.users.find(id)
            guard old != nil || !mustExist else { throw HTTPProblem(.preconditionFailed) }
            let isNew = try await transaction.users.put(user)
            try await transaction.audit(
                AuditEntry(
                    actor: context.principal.actor,
                    action: "user.put",
                    target: "user:\(id)",
                    before: old.map { PostgresJSON(bytes: $0.json.bytes) },
                    after: PostgresJSON(bytes: user.json.bytes),
                    requestID: context.requestID
                )
            )
            return isNew
        }
        return .json(user.json, status: isNew ? .created : .ok)
    }

    /// Removes a user with its mappings: its phones have none any more; what it was responsible for stays monitored, as does
    /// what no listing ever named. Calls and the history of mappings keep its id.
    private func delete(_ request: Request, context: TenantAdminContext) async throws -> Response {
        let isDryRun = try QueryParameters(request, known: ["dry_run"]).flag("dry_run")
        guard let id = Self.userID(context) else { throw HTTPProblem(.notFound) }
        let edit = MappingEdit(
            readsDirectory: true,
            wanted: { current, transaction in
                guard try await transaction.users.find(id) != nil else { throw HTTPProblem(.notFound) }
                let phones = Set(try await transaction.directory.list().filter { $0.type == .phone }.map(\.id))
                let rest = current.compactMap { mapping in
                    guard mapping.userID == id else { return Optional(mapping) }
                    guard !phones.contains(mapping.extensionID) else { return nil }
                    return Mapping(extensionID: mapping.extensionID, userID: nil)
                }
                return WantedMappings(mappings: rest)
            },
            completion: { transaction in
                let old = try await transaction.users.find(id)
                try await transaction.users.delete(id)
                try await transaction.audit(
                    AuditEntry(
                        actor: context.principal.actor,
                        action: "user.delete",
                        target: "user:\(id)",
                        before: old.map { PostgresJSON(bytes: $0.json.bytes) },
                        requestID: context.requestID
                    )
                )
            }
        )
        return try await self.writer.answer(edit, to: request, isDryRun: isDryRun, context: context)
    }

    /// The user in the path; nil when no user can be called that.
    private static func userID(_ context: TenantAdminContext) -> UserID? {
        context.parameters.get("user_id").flatMap { PercentEncoding.decode($0) }
            .flatMap { UserID(validating: $0) }
    }

    private static func user(_ id: UserID, _ body: JSONValue) throws(HTTPProblem) -> User {
        var check = BodyCheck()
        let root = check.object(body, members: ["name", "email"])
        let name = check.text(root, "name", required: true)
        let email = check.email(root, "email")
        try check.finish()
        guard let name else { throw HTTPProblem(.validationFailed) }
        return User(id: id, name: name, email: email)
    }
}

extension BodyCheck {
    /// Reads an email address.
    mutating func email(_ parent: Object?, _ name: String) -> String? {
        guard let parent, let email = self.text(parent, name, length: 3...320) else { return nil }
        guard email.dropFirst().dropLast().contains("@") else {
            self.fail(
                parent.pointer(to: name),
                .invalidValue,
                LocalizedText(
                    ru: "Ожидается адрес вида name@example.com.",
                    en: "Expected an address such as name@example.com."
                )
            )
            return nil
        }
        return email
    }
}

/// The list of users, which admins and connectors read alike.
enum UserList {
    static func page(_ request: Request, scope: TenantScope, database: Database) async throws -> Response {
        let query = try QueryParameters(request, known: ["limit", "cursor"])
        let limit = try query.limit()
        let after = try Cursor.decode(.users, query["cursor"]).map(UserID.init(rawValue:))
        let users = try await database.tenant(scope) { transaction in
            try await transaction.users.list(after: after, limit: limit + 1)
        }
        let page = users.prefix(limit)
        let next = users.count > limit ? page.last.map { Cursor.encode(.users, $0.id.rawValue) } : nil
        return .page(page.map(\.json), next: next)
    }
}

extension User {
    var json: JSONValue {
        ["user_id": .string(self.id.rawValue), "name": .string(self.name), "email": JSONValue(self.email)]
    }
}
