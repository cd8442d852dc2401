@testable import Postgres

/// Gives its parameter back.
struct Echo<Value: PostgresEncodable & PostgresDecodable>: Statement {
    static var sql: StaticString { "SELECT $1" }

    var value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.value)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Value? {
        try row.nextOptional()
    }
}

/// Gives a number back.
struct Number: Statement {
    static let sql: StaticString = "SELECT $1"

    var value: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.value)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        try row.next()
    }
}

struct DivideBy: Statement {
    static let sql: StaticString = "SELECT 10 / $1"

    var divisor: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.divisor)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        try row.next()
    }
}

struct Sleep: Statement {
    static let sql: StaticString = "SELECT pg_sleep($1)"

    var seconds: Double

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.seconds)
    }
}

struct BackendProcess: Statement {
    static let sql: StaticString = "SELECT pg_backend_pid()"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 {
        try row.next()
    }
}

struct Terminate: Statement {
    static let sql: StaticString = "SELECT pg_terminate_backend($1)"

    var process: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.process)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Bool {
        try row.next()
    }
}

struct Setting: Statement {
    static let sql: StaticString = "SELECT current_setting($1, true)"

    var name: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.name)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> String? {
        try row.nextOptional()
    }
}

struct CurrentUser: Statement {
    static let sql: StaticString = "SELECT current_user"

    static func decode(_ row: inout Row) throws(PostgresError) -> String {
        try row.next()
    }
}

/// Writes to the table `items (id int8 PRIMARY KEY, name text)`.
struct InsertItem: Statement {
    static let sql: StaticString = "INSERT INTO items (id, name) VALUES ($1, $2)"

    var id: Int
    var name: String?

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.id)
        bindings.append(self.name)
    }
}

struct CountItems: Statement {
    static let sql: StaticString = "SELECT count(*) FROM items"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int {
        try row.next()
    }
}
