package import Postgres
import Telephony

/// The two ways into the database: as one tenant, or across tenants.
///
/// A tenant's transaction runs as the runtime role with `app.tenant_id` set for this transaction only; the database's
/// row-level security then shows that tenant and no other. A system transaction takes the role `ringbridge_system`,
/// which look-ups by digest, ingest, the workers and the operator's lists need.
package struct Database: Sendable {
    /// The pool both ways share.
    package let pool: PostgresPool
    /// Called before each transaction and after each commit: where a process can die, a test lets it.
    private let checkpoint: (@Sendable () throws -> Void)?

    package init(pool: PostgresPool, checkpoint: (@Sendable () throws -> Void)? = nil) {
        self.pool = pool
        self.checkpoint = checkpoint
    }

    /// Options of a transaction across tenants.
    package static let systemOptions = TransactionOptions(role: "ringbridge_system")

    /// Runs `body` in a transaction that sees one tenant.
    ///
    /// - Throws: what `body` throws, or ``StorageError`` when the transaction could not begin or commit.
    package func tenant<Value: Sendable>(
        _ scope: TenantScope,
        _ body: (TenantTransaction) async throws -> Value
    ) async throws -> Value {
        try await self.transaction(Self.options(of: scope)) { transaction in
            try await body(TenantTransaction(scope: scope, postgres: transaction))
        }
    }

    /// Runs `body` in a read-only transaction that sees one tenant, all its statements at the same instant.
    ///
    /// - Throws: what `body` throws, or ``StorageError`` when the transaction could not begin or commit.
    package func snapshot<Value: Sendable>(
        of scope: TenantScope,
        _ body: (TenantTransaction) async throws -> Value
    ) async throws -> Value {
        var options = Self.options(of: scope)
        options.isolation = .repeatableRead
        options.readOnly = true
        return try await self.transaction(options) { transaction in
            try await body(TenantTransaction(scope: scope, postgres: transaction))
        }
    }

    private static func options(of scope: TenantScope) -> TransactionOptions {
        TransactionOptions(settings: [
            TransactionOptions.Setting(name: "app.tenant_id", value: scope.tenantID.rawValue)
        ])
    }

    /// Runs `body` in a transaction across tenants.
    ///
    /// `statementTimeout`: the longest that one statement may run; nil: as the connection was configured.
    ///
    /// - Throws: what `body` throws, or ``StorageError`` when the transaction could not begin or commit.
    package func system<Value: Sendable>(
        statementTimeout: Duration? = nil,
        _ body: (SystemTransaction) async throws -> Value
    ) async throws -> Value {
        var options = Self.systemOptions
        options.statementTimeout = statementTimeout
        return try await self.transaction(options) { transaction in
            try await body(SystemTransaction(postgres: transaction))
        }
    }

    /// Runs `body` in a transaction across tenants on a connection of its own, where there is no pool yet.
    ///
    /// - Throws: what `body` throws, or ``StorageError`` when the transaction could not begin or commit.
    package static func system<Value: Sendable>(
        on connection: PostgresConnection,
        _ body: (SystemTransaction) async throws -> Value
    ) async throws -> Value {
        do throws(TransactionError<any Error>) {
            return try await connection.withTransaction(self.systemOptions) { transaction throws(any Error) in
                try await body(SystemTransaction(postgres: transaction))
            }
        } catch {
            throw Self.failure(error)
        }
    }

    private func transaction<Value: Sendable>(
        _ options: TransactionOptions,
        _ body: (PostgresTransaction) async throws -> Value
    ) async throws -> Value {
        try self.checkpoint?()
        let value: Value
        do throws(TransactionError<any Error>) {
            value = try await self.pool.withTransaction(options) { transaction throws(any Error) in
                try await body(transaction)
            }
        } catch {
            throw Self.failure(error)
        }
        try self.checkpoint?()
        return value
    }

    private static func failure(_ error: TransactionError<any Error>) -> any Error {
        switch error {
        case .begin(let failure): StorageError(failure)
        case .body(let failure as PostgresError, _): StorageError(failure)
        case .body(let failure, _): failure
        case .commit(let failure): StorageError(failure, outcomeUnknown: failure.isConnectionProblem)
        }
    }
}

/// A transaction that sees one tenant. Holding one is the proof that the tenant was established.
package struct TenantTransaction: Sendable {
    /// The tenant.
    package let scope: TenantScope
    let postgres: PostgresTransaction

    var tenantID: String { self.scope.tenantID.rawValue }
}

/// A transaction across tenants.
package struct SystemTransaction: Sendable {
    let postgres: PostgresTransaction
}
