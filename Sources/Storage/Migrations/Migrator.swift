package import Postgres
package import Schema

/// Applies and checks the schema's migrations: forward only, each in its own transaction, under an advisory lock, so that
/// two migrators at once are harmless.
package struct Migrator: Sendable {
    private let connection: PostgresConnection
    private let files: [Schema.File]

    /// Why the schema cannot be migrated or used.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package var problem: String
        /// What to do.
        package var fix: String

        package var description: String { "\(self.problem); \(self.fix)" }
    }

    /// `files`: the migrations this program knows.
    package init(connection: PostgresConnection, files: [Schema.File] = Schema.migrations) {
        self.connection = connection
        self.files = files
    }

    /// The migrations this program knows.
    package var known: [Migration] { self.files.map(Migration.init) }

    /// The migrations that the database has, in order; none when it was never migrated.
    package func applied() async throws -> [Migration] {
        guard try await self.connection.execute(MigrationTableExists()).first == true else { return [] }
        do throws(PostgresError) {
            return try await self.connection.execute(ListAppliedMigrations())
        } catch {
            guard error.isLackOfRights else { throw error }
            throw Failure(
                problem: "this role may not read the schema",
                fix: "DATABASE_URL must log in as ringbridge_server"
            )
        }
    }

    /// What is left to do.
    package func plan() async throws -> MigrationPlan {
        MigrationPlan(applied: try await self.applied(), known: self.known)
    }

    /// Applies what is missing.
    ///
    /// - Returns: the migrations applied now.
    /// - Throws: ``Failure`` when the database does not fit this program; the failing migration leaves nothing behind.
    package func up() async throws -> [Migration] {
        _ = try await self.connection.execute(LockMigrations())
        let result: Result<[Migration], any Error>
        do {
            result = .success(try await self.applyMissing())
        } catch let error as PostgresError where error.isLackOfRights {
            result = .failure(
                Failure(
                    problem: "this role may not change the schema",
                    fix: "run sql/roles.sql as a superuser once, and let DATABASE_OWNER_URL log in as ringbridge_owner"
                )
            )
        } catch {
            result = .failure(error)
        }
        let migrations = try result.get()
        _ = try await self.connection.execute(UnlockMigrations())
        return migrations
    }

    /// Makes the event partitions of today and the days after, so that not even the first event falls into the default one.
    ///
    /// - Throws: ``Postgres/PostgresError``.
    package func ensureEventPartitions(daysAhead: Int) async throws {
        _ = try await self.connection.execute(EnsureEventPartitions(daysAhead: Int32(clamping: daysAhead)))
    }

    /// Proves that the schema is exactly this program's.
    ///
    /// - Throws: ``Failure`` naming the command that mends it.
    package func verify() async throws {
        switch try await self.plan() {
        case .upToDate: return
        case .apply(let missing):
            let what = missing.count == self.files.count ? "the schema is missing" : "the schema is behind"
            throw Failure(problem: "\(what): \(missing.count) migration(s) to apply", fix: "run: ringbridge migrate up")
        case .mismatch, .databaseIsNewer:
            throw try await self.unfit()
        }
    }

    private func applyMissing() async throws -> [Migration] {
        _ = try await self.connection.execute(CreateMigrationTable())
        _ = try await self.connection.execute(GrantMigrationTable())
        guard case .apply(let missing) = try await self.plan() else {
            if case .upToDate = try await self.plan() { return [] }
            throw try await self.unfit()
        }
        for migration in missing {
            try await self.apply(migration)
        }
        return missing
    }

    private func apply(_ migration: Migration) async throws {
        guard let file = self.files.first(where: { $0.version == migration.version }) else { return }
        try await self.connection.script("BEGIN")
        do {
            // First, so that a concurrent migrator without the lock would stop here.
            _ = try await self.connection.execute(InsertMigration(migration: migration))
            try await self.connection.script(String(decoding: file.bytes, as: UTF8.self))
            try await self.connection.script("COMMIT")
        } catch {
            // A connection that is lost has rolled back already; the error to show is the migration's.
            try? await self.connection.script("ROLLBACK")
            throw Failure(
                problem: "migration \(migration.version) (\(migration.name)) failed: \(error)",
                fix: "nothing of it is left; mend that, and run: ringbridge migrate up"
            )
        }
    }

    private func unfit() async throws -> Failure {
        switch try await self.plan() {
        case .databaseIsNewer(let version):
            Failure(
                problem: "the database is ahead: it has migration \(version), this program knows \(self.files.count)",
                fix: "run the newer ringbridge that migrated it"
            )
        case .mismatch(let version):
            Failure(
                problem: "migration \(version) in the database is not the one this program knows",
                fix: "was the database migrated by another build? compare with: ringbridge migrate status"
            )
        case .upToDate, .apply:
            Failure(problem: "the schema changed meanwhile", fix: "run: ringbridge migrate status")
        }
    }
}

extension PostgresError {
    /// The role may not use the schema or its tables; without USAGE a schema is as good as none (3F000), its tables too.
    fileprivate var isLackOfRights: Bool {
        self.sqlState == .insufficientPrivilege || self.sqlState == .undefinedTable
            || self.sqlState?.rawValue == "3F000"
    }
}

struct MigrationTableExists: Statement {
    /// From the catalog, which also a role may read that may not use the schema yet.
    static let sql: StaticString = """
        SELECT EXISTS (
          SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'public' AND c.relname = 'schema_migrations')
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
}

struct CreateMigrationTable: Statement {
    static let sql: StaticString = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
          version integer NOT NULL,
          name text NOT NULL,
          sha256 text NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT now(),
          CONSTRAINT schema_migrations_pkey PRIMARY KEY (version))
        """
}

struct GrantMigrationTable: Statement {
    static let sql: StaticString = "GRANT SELECT ON schema_migrations TO ringbridge_server"
}

struct ListAppliedMigrations: Statement {
    static let sql: StaticString = "SELECT version, name, sha256 FROM schema_migrations ORDER BY version"

    static func decode(_ row: inout Row) throws(PostgresError) -> Migration {
        Migration(version: try row.next(), name: try row.next(), checksum: try row.next())
    }
}

struct InsertMigration: Statement {
    static let sql: StaticString = "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)"
    var migration: Migration

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.migration.version)
        bindings.append(self.migration.name)
        bindings.append(self.migration.checksum)
    }
}

struct LockMigrations: Statement {
    static let sql: StaticString = "SELECT pg_advisory_lock(hashtextextended('ringbridge schema', 0))::text"
}

struct UnlockMigrations: Statement {
    static let sql: StaticString = "SELECT pg_advisory_unlock(hashtextextended('ringbridge schema', 0))"
}
