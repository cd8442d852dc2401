import Postgres
package import Telephony

/// A person in the tenant's CRM.
package struct User: Hashable, Sendable {
    package var id: UserID
    package var name: String
    package var email: String?

    package init(id: UserID, name: String, email: String?) {
        self.id = id
        self.name = name
        self.email = email
    }
}

extension TenantTransaction {
    /// The tenant's users.
    package var users: UserStore { UserStore(transaction: self) }
}

/// Reads and writes the users of one tenant.
package struct UserStore: Sendable {
    let transaction: TenantTransaction

    /// Creates or replaces a user.
    ///
    /// - Returns: true when the user is new.
    package func put(_ user: User) async throws -> Bool {
        try await self.transaction.postgres.first(PutUser(tenantID: self.transaction.tenantID, user: user)) ?? false
    }

    /// The user; nil when there is none.
    package func find(_ id: UserID) async throws -> User? {
        try await self.transaction.postgres.first(FindUser(tenantID: self.transaction.tenantID, id: id))
    }

    /// Removes the user. No mapping in force may name it; the history keeps its id.
    package func delete(_ id: UserID) async throws {
        _ = try await self.transaction.postgres.execute(DeleteUser(tenantID: self.transaction.tenantID, id: id))
    }

    /// A page of users in the order of their ids, after `after`.
    package func list(after: UserID?, limit: Int) async throws -> [User] {
        try await self.transaction.postgres.execute(
            ListUsers(tenantID: self.transaction.tenantID, after: after, limit: Int32(clamping: limit))
        )
    }

    /// Which of these users exist.
    package func existing(_ ids: [UserID]) async throws -> Set<UserID> {
        Set(
            try await self.transaction.postgres.execute(
                ExistingUsers(tenantID: self.transaction.tenantID, ids: ids.map(\.rawValue))
            )
        )
    }
}

struct PutUser: Statement {
    static let sql: StaticString = """
        INSERT INTO users (tenant_id, user_id, name, email) VALUES ($1, $2, $3, $4)
        ON CONFLICT (tenant_id, user_id) DO UPDATE SET name = excluded.name, email = excluded.email, updated_at = now()
        RETURNING created_at = updated_at
        """
    var tenantID: String
    var user: User

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.user.id)
        bindings.append(self.user.name)
        bindings.append(self.user.email)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

struct FindUser: Statement {
    static let sql: StaticString = "SELECT user_id, name, email FROM users WHERE tenant_id = $1 AND user_id = $2"
    var tenantID: String
    var id: UserID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.id)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> User {
        User(id: try row.next(), name: try row.next(), email: try row.nextOptional())
    }
}

struct DeleteUser: Statement {
    static let sql: StaticString = "DELETE FROM users WHERE tenant_id = $1 AND user_id = $2"
    var tenantID: String
    var id: UserID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.id)
    }
}

struct ListUsers: Statement {
    static let sql: StaticString = """
        SELECT user_id, name, email FROM users
        WHERE tenant_id = $1 AND ($2::text IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3
        """
    var tenantID: String
    var after: UserID?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.after)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> User {
        User(id: try row.next(), name: try row.next(), email: try row.nextOptional())
    }
}

struct ExistingUsers: Statement {
    static let sql: StaticString = "SELECT user_id FROM users WHERE tenant_id = $1 AND user_id = ANY ($2)"
    var tenantID: String
    var ids: [String]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.ids)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> UserID { try row.next() }
}
