import Postgres
import ServiceLifecycle
import Storage
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Waiting for changes", .timeLimit(.minutes(5)))
struct ChangeWaitTests {
    private static let tenantID = TenantID(rawValue: "807")

    @Test("graceful shutdown ends a wait at once")
    func shutDown() async throws {
        try await TestAPI.with { api in
            let waiting = Waiting(changes: api.changes)
            let start = ContinuousClock.now
            try await withService(waiting) {
                for await _ in waiting.hasBegun {
                    break
                }
            }
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(waiting.result.withLock { $0 } == .some(.none))
        }
    }

    @Test("another tenant's notification is none of ours; the timer looks all the same")
    func timer() async throws {
        try await TestAPI.with { api in
            let looks = Mutex(0)
            let found: Bool? = try await api.changes.first(
                on: Channel.calls,
                of: Self.tenantID,
                within: .seconds(30),
                every: .milliseconds(10)
            ) {
                looks.withLock { count in
                    count += 1
                    return count == 5 ? true : nil
                }
            }
            #expect(found == true)
        }
    }

    @Test("when the time is over there was one last look")
    func lastLook() async throws {
        try await TestAPI.with { api in
            let looks = Mutex(0)
            let found: Bool? = try await api.changes.first(
                on: Channel.directory,
                of: Self.tenantID,
                within: .milliseconds(1),
                every: .seconds(60)
            ) {
                looks.withLock { $0 += 1 }
                return nil
            }
            #expect(found == nil)
            #expect(looks.withLock { $0 } >= 2)
        }
    }

    /// Waits for a minute for what never comes.
    private final class Waiting: Service {
        let changes: ChangeWait
        let hasBegun: AsyncStream<Void>
        private let begin: AsyncStream<Void>.Continuation
        /// Nil while it waits.
        let result = Mutex<Bool??>(nil)

        init(changes: ChangeWait) {
            self.changes = changes
            (self.hasBegun, self.begin) = AsyncStream.makeStream(of: Void.self)
        }

        func run() async throws {
            let found: Bool? = try await self.changes.first(
                on: Channel.calls,
                of: ChangeWaitTests.tenantID,
                within: .seconds(60),
                every: .seconds(60)
            ) {
                self.begin.yield()
                return nil
            }
            self.result.withLock { $0 = .some(found) }
        }
    }
}
