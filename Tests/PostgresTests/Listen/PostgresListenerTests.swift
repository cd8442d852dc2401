import ServiceLifecycle
import Testing

@testable import Postgres

@Suite("The listener", .timeLimit(.minutes(5)))
struct PostgresListenerTests {
    private func withListener(_ body: (PostgresListener) async throws -> Void) async throws {
        let listener = PostgresListener(configuration: try Database.configuration(), logger: Database.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            try await body(listener)
            group.cancelAll()
        }
    }

    @Test("A consumer is told when it hears, and then hears what is committed, in order; others' channels it does not")
    func hears() async throws {
        try await self.withListener { listener in
            var ours = listener.events(on: "Postgres \"tests\"").makeAsyncIterator()
            var others = listener.events(on: "postgres_tests_others").makeAsyncIterator()
            #expect(await ours.next() == .reconnected)
            #expect(await others.next() == .reconnected)
            try await Database.withConnection { connection in
                try await connection.withTransaction { (transaction) async throws(PostgresError) in
                    try await transaction.notify(channel: "Postgres \"tests\"", payload: "1")
                    try await transaction.notify(channel: "postgres_tests_others", payload: "x")
                    try await transaction.notify(channel: "Postgres \"tests\"", payload: "2")
                }
            }
            #expect(await ours.next() == .notification("1"))
            #expect(await ours.next() == .notification("2"))
            #expect(await others.next() == .notification("x"))
        }
    }

    @Test("After a lost connection it listens again, and says that something may have been missed")
    func reconnects() async throws {
        try await self.withListener { listener in
            var events = listener.events(on: "postgres_tests_lost").makeAsyncIterator()
            #expect(await events.next() == .reconnected)
            try await Database.withConnection { connection in
                try await connection.expect(TerminateListener(channel: "postgres_tests_lost"), gives: [true])
            }
            #expect(await events.next() == .reconnected)
            try await Database.withConnection { connection in
                _ = try await connection.execute(NotifyChannel(channel: "postgres_tests_lost", payload: "again"))
            }
            #expect(await events.next() == .notification("again"))
        }
    }

    @Test("A second consumer of a channel is told at once, and both hear")
    func second() async throws {
        try await self.withListener { listener in
            var first = listener.events(on: "postgres_tests_two").makeAsyncIterator()
            #expect(await first.next() == .reconnected)
            var second = listener.events(on: "postgres_tests_two").makeAsyncIterator()
            #expect(await second.next() == .reconnected)
            try await Database.withConnection { connection in
                _ = try await connection.execute(NotifyChannel(channel: "postgres_tests_two", payload: "1"))
            }
            #expect(await first.next() == .notification("1"))
            #expect(await second.next() == .notification("1"))
        }
    }

    @Test("A consumer that falls behind loses the oldest, and is told")
    func slow() async throws {
        try await self.withListener { listener in
            let slow = listener.events(on: "postgres_tests_slow")
            var quick = listener.events(on: "postgres_tests_slow").makeAsyncIterator()
            #expect(await quick.next() == .reconnected)
            let count = 600
            try await Database.withConnection { connection in
                for number in 1...count {
                    let notify = NotifyChannel(channel: "postgres_tests_slow", payload: "\(number)")
                    _ = try await connection.execute(notify)
                }
            }
            while let event = await quick.next(), event != .notification("\(count)") {}
            var events: [ListenerEvent] = []
            for await event in slow {
                events.append(event)
                if event == .notification("\(count)") { break }
            }
            #expect(events.count <= 256)
            #expect(events.contains(.reconnected))
            #expect(!events.contains(.notification("1")))
        }
    }

    @Test("The streams end with the listener, and later ones end at once")
    func ends() async throws {
        let listener = PostgresListener(configuration: try Database.configuration(), logger: Database.logger)
        let group = ServiceGroup(services: [listener], logger: Database.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var events = listener.events(on: "postgres_tests_ends").makeAsyncIterator()
            #expect(await events.next() == .reconnected)
            await group.triggerGracefulShutdown()
            #expect(await events.next() == nil)
            try await tasks.waitForAll()
            var late = listener.events(on: "postgres_tests_ends").makeAsyncIterator()
            #expect(await late.next() == nil)
        }
    }
}

private struct NotifyChannel: Statement {
    static let sql: StaticString = "SELECT pg_notify($1, $2)"

    var channel: String
    var payload: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.channel)
        bindings.append(self.payload)
    }
}

private struct TerminateListener: Statement {
    static let sql: StaticString = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "' || $1 || '"'
        """

    var channel: String

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.channel)
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Bool {
        try row.next()
    }
}
