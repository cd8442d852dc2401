import Foundation
import Logging
import Postgres
import Schema
import TestSupport
import Testing

@testable import Storage

@Suite("Migrations", .timeLimit(.minutes(5)))
struct MigrationTests {
    private static let known = (1...3).map { Migration(version: $0, name: "m\($0)", checksum: "sum\($0)") }

    @Test("a plan tells what is missing, foreign or newer")
    func plans() {
        let known = Self.known
        #expect(MigrationPlan(applied: [], known: known) == .apply(known))
        #expect(MigrationPlan(applied: [known[0]], known: known) == .apply([known[1], known[2]]))
        #expect(MigrationPlan(applied: known.reversed(), known: known) == .upToDate)
        let changed = Migration(version: 2, name: "m2", checksum: "other")
        #expect(MigrationPlan(applied: [known[0], changed], known: known) == .mismatch(version: 2))
        let newer = Migration(version: 4, name: "m4", checksum: "sum4")
        #expect(MigrationPlan(applied: known + [newer], known: known) == .databaseIsNewer(version: 4))
        #expect(MigrationPlan(applied: [known[0], known[2]], known: known) == .mismatch(version: 2))
    }

    @Test("the embedded migrations are the files of the folder")
    func embeddedFiles() throws {
        let folder = RepositoryFile.root.appending(path: "sql/migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let embedded = Schema.migrations.map { file in
            let number = String(file.version)
            return String(repeating: "0", count: 4 - number.count) + number + "_" + file.name + ".sql"
        }
        #expect(embedded == names)
        for (file, name) in zip(Schema.migrations, names) {
            #expect(try RepositoryFile.text("sql/migrations/\(name)") == String(decoding: file.bytes, as: UTF8.self))
        }
    }

    @Test("two migrators at once apply each migration once")
    func concurrentMigrators() async throws {
        try await TestDatabase.withEmpty { owner in
            let logger = Logger(label: "test")
            let applied = try await withThrowingTaskGroup(of: Int.self) { migrators in
                for _ in 0..<4 {
                    migrators.addTask {
                        let connection = try await PostgresConnection.connect(owner, logger: logger)
                        let applied = try await Migrator(connection: connection).up()
                        await connection.close()
                        return applied.count
                    }
                }
                return try await migrators.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, Schema.migrations.count])
            let connection = try await PostgresConnection.connect(owner, logger: logger)
            try await Migrator(connection: connection).verify()
            await connection.close()
        }
    }

    @Test("a migration that fails leaves nothing behind, and verify names the command")
    func failingMigration() async throws {
        try await TestDatabase.withEmpty { owner in
            let connection = try await PostgresConnection.connect(owner, logger: Logger(label: "test"))
            let files = [
                Schema.File(version: 1, name: "good", bytes: Array("CREATE TABLE good (a int);".utf8)),
                Schema.File(version: 2, name: "bad", bytes: Array("CREATE TABLE half (a int); SELECT 1 / 0;".utf8)),
            ]
            let migrator = Migrator(connection: connection, files: files)
            let failure = await #expect(throws: Migrator.Failure.self) { _ = try await migrator.up() }
            #expect(failure?.description.contains("migration 2 (bad)") == true)
            #expect(try await migrator.applied().map(\.version) == [1])
            let verdict = await #expect(throws: Migrator.Failure.self) { try await migrator.verify() }
            #expect(verdict?.description.contains("ringbridge migrate up") == true)
            #expect(try await connection.execute(TableExists(name: "half")) == [false])
            await connection.close()
        }
    }

    @Test("a changed or a newer migration is refused")
    func unfitDatabase() async throws {
        try await TestDatabase.withEmpty { owner in
            let connection = try await PostgresConnection.connect(owner, logger: Logger(label: "test"))
            func file(_ version: Int32, _ sql: String) -> Schema.File {
                Schema.File(version: version, name: "m\(version)", bytes: Array(sql.utf8))
            }
            let first = file(1, "CREATE TABLE one (a int)")
            _ = try await Migrator(connection: connection, files: [first, file(2, "CREATE TABLE two (a int)")]).up()
            let behind = Migrator(connection: connection, files: [first])
            let newer = await #expect(throws: Migrator.Failure.self) { _ = try await behind.up() }
            #expect(newer?.description.contains("ahead") == true)
            let other = Migrator(connection: connection, files: [file(1, "CREATE TABLE other (a int)"), first])
            let changed = await #expect(throws: Migrator.Failure.self) { try await other.verify() }
            #expect(changed?.description.contains("migration 1") == true)
            await connection.close()
        }
    }

    @Test("before the first migration every role is told what to do")
    func rolesBeforeTheFirstMigration() async throws {
        try await TestDatabase.withEmpty { owner in
            let server = try PostgresConfiguration(
                connectionString: owner.uri(user: "ringbridge_server", password: "any")
            )
            let connection = try await PostgresConnection.connect(server, logger: Logger(label: "test"))
            let migrator = Migrator(connection: connection)
            let missing = await #expect(throws: Migrator.Failure.self) { try await migrator.verify() }
            #expect(missing?.description.contains("ringbridge migrate up") == true)
            let refused = await #expect(throws: Migrator.Failure.self) { _ = try await migrator.up() }
            #expect(refused?.description.contains("DATABASE_OWNER_URL") == true)
            await connection.close()
        }
    }

    struct TableExists: Statement {
        static let sql: StaticString = "SELECT to_regclass($1) IS NOT NULL"
        var name: String
        func bind(_ bindings: inout Bindings) { bindings.append(self.name) }
        static func decode(_ row: inout Row) throws(PostgresError) -> Bool { try row.next() }
    }
}
