import Foundation
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

/// Every statement prepared against the migrated schema: parameter and column types are what its struct declares.
@Suite("Statements fit the schema", .timeLimit(.minutes(5)))
struct StatementTests {
    @Test("each statement's parameters and columns are those of the schema")
    func describeAll() async throws {
        try await TestDatabase.with { test in
            let connection = try await PostgresConnection.connect(test.owner, logger: Logger(label: "test"))
            var failures: [String] = []
            for statement in StatementRegistry.all {
                do {
                    try await Self.check(statement, on: connection)
                } catch {
                    failures.append("\(type(of: statement)): \(error)")
                }
            }
            await connection.close()
            #expect(failures == [])
        }
    }

    @Test("the registry has every statement of the sources")
    func registryIsComplete() throws {
        let folder = RepositoryFile.root.appending(path: "Sources/Storage")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var declared: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: /struct (\w+): Statement\b/) {
                declared.insert(String(match.output.1))
            }
        }
        let registered = Set(StatementRegistry.all.map { String(describing: type(of: $0)) })
        #expect(declared.subtracting(registered) == [])
        #expect(registered.count == StatementRegistry.all.count)
        #expect(declared.count > 40)
    }

    @Test("a statement that does not fit the schema is found")
    func misfitIsFound() async throws {
        struct Misfit: Statement {
            static let sql: StaticString = "SELECT tenant_id, version FROM tenants"
            static func decode(_ row: inout Row) throws(PostgresError) -> String {
                _ = try row.next(Int64.self)
                return try row.next()
            }
        }
        try await TestDatabase.with { test in
            let connection = try await PostgresConnection.connect(test.owner, logger: Logger(label: "test"))
            await #expect(throws: (any Error).self) { try await connection.check(Misfit()) }
            await connection.close()
        }
    }

    private static func check(_ statement: some Statement, on connection: PostgresConnection) async throws {
        try await connection.check(statement)
    }
}
