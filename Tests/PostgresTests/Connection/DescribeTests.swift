import Testing

@testable import Postgres

private struct Good: Statement {
    static let sql: StaticString = "SELECT id, name, $2::text[] AS names FROM items WHERE id = $1"

    func bind(_ bindings: inout Bindings) {
        bindings.append(1)
        bindings.append(["a"])
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        let id = try row.next(Int.self)
        _ = try row.nextOptional(String.self)
        _ = try row.next([String].self)
        return id
    }
}

private struct WrongColumnType: Statement {
    static let sql: StaticString = "SELECT id, name FROM items"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 {
        let id = try row.next(Int32.self)
        _ = try row.nextOptional(String.self)
        return id
    }
}

private struct TooFewColumns: Statement {
    static let sql: StaticString = "SELECT id, name FROM items"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        try row.next()
    }
}

private struct TooManyColumns: Statement {
    static let sql: StaticString = "SELECT id FROM items"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        _ = try row.next(Int.self)
        return try row.next()
    }
}

private struct WrongParameterType: Statement {
    static let sql: StaticString = "DELETE FROM items WHERE id = $1"

    func bind(_ bindings: inout Bindings) {
        bindings.append("one")
    }
}

private struct TooManyParameters: Statement {
    static let sql: StaticString = "DELETE FROM items WHERE id = $1"

    func bind(_ bindings: inout Bindings) {
        bindings.append(1)
        bindings.append(2)
    }
}

private struct TooFewParameters: Statement {
    static let sql: StaticString = "DELETE FROM items WHERE id = $1 AND name = $2"

    func bind(_ bindings: inout Bindings) {
        bindings.append(1)
    }
}

private struct UnknownColumn: Statement {
    static let sql: StaticString = "DELETE FROM items WHERE identity = 1"
}

@Suite("The describe test", .timeLimit(.minutes(5)))
struct DescribeTests {
    private func check<S: Statement>(_ statement: S) async throws -> PostgresError? {
        try await Database.withConnection { connection -> PostgresError? in
            try await connection.script("CREATE TEMP TABLE items (id int8 PRIMARY KEY, name text)")
            do throws(PostgresError) {
                try await connection.check(statement)
                return nil
            } catch {
                return error
            }
        }
    }

    @Test("A statement that says what the database says passes")
    func good() async throws {
        #expect(try await self.check(Good()) == nil)
        #expect(StatementDescription.declaredColumns(of: Good.self).map(\.count) == [1, 5, 1])
    }

    @Test("A statement that only the declared types make unambiguous passes")
    func inferred() async throws {
        #expect(try await self.check(Number(value: 1)) == nil)
    }

    @Test("Every difference fails with the statement's name and what is wrong")
    func bad() async throws {
        let errors = [
            (try await self.check(WrongColumnType()), "WrongColumnType", "as int4, the result has int8"),
            (try await self.check(TooFewColumns()), "TooFewColumns", "decodes 1 columns, the result has 2"),
            (try await self.check(TooManyColumns()), "TooManyColumns", "decodes 2 columns, the result has 1"),
            (try await self.check(WrongParameterType()), "WrongParameterType", "operator does not exist"),
            (try await self.check(TooManyParameters()), "TooManyParameters", "binds 2 parameters, the text has 1"),
            (try await self.check(TooFewParameters()), "TooFewParameters", "binds 1 parameters, the text has 2"),
            (try await self.check(UnknownColumn()), "UnknownColumn", "identity"),
        ]
        for (error, name, text) in errors {
            let error = try #require(error, "\(name) passed")
            #expect(error.statement == name)
            #expect(error.description.contains(name))
            #expect(error.message.contains(text), "\(error)")
        }
    }
}
