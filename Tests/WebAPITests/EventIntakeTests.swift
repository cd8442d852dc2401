import Logging
import Postgres
import Synchronization
import Telephony
import TestSupport
import Testing

@testable import Storage
@testable import WebAPI

@Suite("Event intake", .timeLimit(.minutes(5)))
struct EventIntakeTests {
    private static let owner = EventTokenOwner(
        scope: TenantScope(tenantID: TenantID(rawValue: "807")),
        extensionID: ExtensionID(rawValue: 101)
    )
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func event(_ callID: String) -> ReceivedEvent {
        ReceivedEvent(query: "CallID=\(callID)".utf8, body: [UInt8]())
    }

    private static func submit(_ count: Int, to intake: EventIntake) async -> [Result<Void, IntakeError>] {
        await withTaskGroup(of: Result<Void, IntakeError>.self) { group in
            for number in 0..<count {
                group.addTask {
                    do throws(IntakeError) {
                        try await intake.submit(Self.event("c\(number)"), owner: Self.owner, source: nil)
                        return .success(())
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("many submissions share few writes, and each returns after its own")
    func shared() async throws {
        let sizes = Mutex<[Int]>([])
        let intake = EventIntake(writers: 1, limits: .events(10_000), logger: Self.logger) { batch in
            sizes.withLock { $0.append(batch.count) }
            await Task.yield()
        }
        try await withService(intake, logger: Self.logger) {
            let results = await Self.submit(500, to: intake)
            #expect(results.count == 500)
            #expect(results.allSatisfy { if case .success = $0 { true } else { false } })
        }
        let written = sizes.withLock { $0 }
        #expect(written.reduce(0, +) == 500)
        #expect(written.count < 500)
    }

    @Test("a failing database fails the batch, and the next one is tried again")
    func unavailable() async throws {
        let gate = WriteGate()
        let intake = EventIntake(writers: 1, limits: .events(100), logger: Self.logger) { _ in
            if gate.isClosed {
                throw StorageError(PostgresError(.connectionFailed, message: "away"))
            }
        }
        try await withService(intake, logger: Self.logger) {
            gate.isClosed = true
            let failed = await Self.submit(3, to: intake)
            #expect(failed.allSatisfy { if case .failure(.unavailable) = $0 { true } else { false } })
            gate.isClosed = false
            let stored = await Self.submit(3, to: intake)
            #expect(stored.allSatisfy { if case .success = $0 { true } else { false } })
        }
    }

    @Test("a connection that broke is tried once more, since equal events are one")
    func brokenConnection() async throws {
        let attempts = Mutex(0)
        let intake = EventIntake(writers: 1, limits: .events(100), logger: Self.logger) { _ in
            let attempt = attempts.withLock {
                $0 += 1
                return $0
            }
            if attempt == 1 {
                throw StorageError(PostgresError(.connectionLost, message: "restarted"), outcomeUnknown: true)
            }
        }
        try await withService(intake, logger: Self.logger) {
            try await intake.submit(Self.event("c1"), owner: Self.owner, source: nil)
        }
        #expect(attempts.withLock { $0 } == 2)
    }

    @Test("a failure that is not about the values is not split into single events")
    func notSplit() async throws {
        let attempts = Mutex(0)
        let intake = EventIntake(writers: 1, limits: .events(100), logger: Self.logger) { _ in
            attempts.withLock { $0 += 1 }
            throw StorageError(PostgresError(.server(.diskFull), message: "no space"))
        }
        let results = try await withService(intake, logger: Self.logger) {
            await Self.submit(50, to: intake)
        }
        #expect(results.allSatisfy { if case .failure(.unavailable) = $0 { true } else { false } })
        #expect(attempts.withLock { $0 } <= 50)
    }

    @Test("after shutdown submissions are refused")
    func shutDown() async throws {
        let intake = EventIntake(writers: 2, limits: .events(100), logger: Self.logger) { _ in }
        try await withService(intake, logger: Self.logger) {
            try await intake.submit(Self.event("c1"), owner: Self.owner, source: nil)
        }
        await #expect(throws: IntakeError.shuttingDown) {
            try await intake.submit(Self.event("c2"), owner: Self.owner, source: nil)
        }
    }
}
