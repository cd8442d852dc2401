import Testing

@testable import Postgres

// The macro cannot hold the awaiting itself inside a closure that throws.

extension PostgresConnection {
    nonisolated func expect<S: Statement>(
        _ statement: S,
        gives expected: [S.Output],
        at location: SourceLocation = #_sourceLocation
    ) async throws where S.Output: Equatable {
        let rows = try await self.execute(statement)
        #expect(rows == expected, sourceLocation: location)
    }
}

extension PostgresConnection {
    /// The error of a statement that has to fail.
    nonisolated func failure<S: Statement>(
        of statement: S,
        at location: SourceLocation = #_sourceLocation
    ) async -> PostgresError? {
        do {
            _ = try await self.execute(statement)
            Issue.record("\(S.self) did not fail", sourceLocation: location)
            return nil
        } catch {
            return error
        }
    }

    /// Waits until another session is inside `pg_sleep` or waits for a lock.
    nonisolated func waitUntilWaiting(_ process: Int32) async throws {
        while try await self.execute(IsWaiting(process: process)) != [true] {}
    }
}

private struct IsWaiting: Statement {
    static let sql: StaticString = """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE pid = $1 AND state = 'active'
                       AND (wait_event = 'PgSleep' OR wait_event_type = 'Lock'))
        """

    var process: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.process)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Bool {
        try row.next()
    }
}

extension PostgresTransaction {
    func expect<S: Statement>(
        _ statement: S,
        gives expected: [S.Output],
        at location: SourceLocation = #_sourceLocation
    ) async throws(PostgresError) where S.Output: Equatable {
        let rows = try await self.execute(statement)
        #expect(rows == expected, sourceLocation: location)
    }
}

extension PostgresPool {
    func expect<S: Statement>(
        _ statement: S,
        gives expected: [S.Output],
        at location: SourceLocation = #_sourceLocation
    ) async throws where S.Output: Equatable {
        let rows = try await self.execute(statement)
        #expect(rows == expected, sourceLocation: location)
    }
}
