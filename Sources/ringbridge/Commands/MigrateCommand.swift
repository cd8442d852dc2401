import ArgumentParser
import Postgres
import Storage

/// `migrate up|status|verify`.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Applies the schema's migrations, shows or checks them.",
        subcommands: [Up.self, Status.self, Verify.self],
        defaultSubcommand: Up.self
    )

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Applies what is missing. Safe to repeat and to run twice at once."
        )
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await withConnection(.owner, self.common) { connection in
                let migrator = Migrator(connection: connection)
                let applied = try await migrator.up()
                try await migrator.ensureEventPartitions(daysAhead: 7)
                for migration in applied {
                    print("applied \(migration.version) \(migration.name)")
                }
                print(applied.isEmpty ? "the schema is up to date" : "the schema is now up to date")
            }
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the migrations and which are applied.")
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await withConnection(.owner, self.common) { connection in
                let migrator = Migrator(connection: connection)
                let applied = try await migrator.applied()
                for migration in migrator.known {
                    let there = applied.first { $0.version == migration.version }
                    let state =
                        there == nil
                        ? "missing" : there == migration ? "applied" : "applied, but differs from this program's"
                    print("\(migration.version)\t\(migration.name)\t\(state)")
                }
                for migration in applied where migration.version > Int32(clamping: migrator.known.count) {
                    print("\(migration.version)\t\(migration.name)\tunknown to this program")
                }
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Exits with 1 unless the schema is exactly this program's."
        )
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await withConnection(.owner, self.common) { connection in
                try await Migrator(connection: connection).verify()
                print("the schema is this program's")
            }
        }
    }
}
