import Postgres
package import Telephony

/// What naming some users changes.
package struct UserChange: Hashable, Sendable {
    package var created: [User] = []
    /// As they are afterwards.
    package var updated: [User] = []
    /// Those of ``updated`` as they were.
    package var replaced: [User] = []

    package var changed: [User] { self.created + self.updated }

    /// `wanted`: each user once; without an email a user keeps the one that it has.
    /// `known`: those of them that exist.
    package init(_ wanted: [User], known: [User]) {
        let known = Dictionary(known.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for user in wanted {
            guard let old = known[user.id] else {
                self.created.append(user)
                continue
            }
            let new = User(id: user.id, name: user.name, email: user.email ?? old.email)
            if new != old {
                self.updated.append(new)
                self.replaced.append(old)
            }
        }
    }
}

extension UserStore {
    /// Those of the users that exist.
    package func find(_ ids: [UserID]) async throws -> [User] {
        try await self.transaction.postgres.execute(
            FindUsers(tenantID: self.transaction.tenantID, ids: ids.map(\.rawValue))
        )
    }

    /// Nobody else changes these users until the transaction ends.
    package func lock(_ ids: [UserID]) async throws {
        _ = try await self.transaction.postgres.execute(
            LockUsers(tenantID: self.transaction.tenantID, ids: ids.map(\.rawValue))
        )
    }

    /// Creates or replaces users; each once.
    package func put(_ users: [User]) async throws {
        guard !users.isEmpty else { return }
        // In the order of their keys, so that two writers do not wait for each other.
        let users = users.sorted { $0.id < $1.id }
        _ = try await self.transaction.postgres.execute(PutUsers(tenantID: self.transaction.tenantID, users: users))
    }
}

struct FindUsers: Statement {
    static let sql: StaticString = "SELECT user_id, name, email FROM users WHERE tenant_id = $1 AND user_id = ANY ($2)"
    var tenantID: String
    var ids: [String]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.ids)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> User {
        User(id: try row.next(), name: try row.next(), email: try row.nextOptional())
    }
}

struct LockUsers: Statement {
    static let sql: StaticString = """
        SELECT FROM users WHERE tenant_id = $1 AND user_id = ANY ($2) ORDER BY user_id FOR UPDATE
        """
    var tenantID: String
    var ids: [String]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.ids)
    }
}

struct PutUsers: Statement {
    static let sql: StaticString = """
        INSERT INTO users (tenant_id, user_id, name, email)
        SELECT $1, u.user_id, u.name, u.email FROM unnest($2::text[], $3::text[], $4::text[]) AS u (user_id, name, email)
        ON CONFLICT (tenant_id, user_id) DO UPDATE SET name = excluded.name, email = excluded.email, updated_at = now()
        """
    var tenantID: String
    var users: [User]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.users.map(\.id.rawValue))
        bindings.append(self.users.map(\.name))
        bindings.append(self.users.map(\.email))
    }
}
