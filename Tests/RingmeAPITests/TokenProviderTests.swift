import Synchronization
import Testing

@testable import RingmeAPI

@Suite("The token provider", .timeLimit(.minutes(5)))
struct TokenProviderTests {
    /// Lets fetches wait until the test says so, and counts them.
    private final class Gate: Sendable {
        private let state = Mutex((count: 0, isOpen: false, waiting: [AsyncStream<Void>.Continuation]()))
        let fetches: AsyncStream<Int>
        private let fetchSeen: AsyncStream<Int>.Continuation

        init() {
            (self.fetches, self.fetchSeen) = AsyncStream.makeStream()
        }

        var count: Int { self.state.withLock { $0.count } }

        func open() {
            let waiting = self.state.withLock { state in
                state.isOpen = true
                return state.waiting
            }
            for continuation in waiting {
                continuation.finish()
            }
        }

        func fetch() async throws(PBXError) -> AccessToken {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            let (number, isOpen) = self.state.withLock { state in
                state.count += 1
                state.waiting.append(continuation)
                return (state.count, state.isOpen)
            }
            self.fetchSeen.yield(number)
            if !isOpen {
                for await _ in stream {}
            }
            guard !Task.isCancelled else { throw PBXError(.cancelled, operation: .token) }
            return AccessToken(text: "token \(number)", renewAt: .now.advanced(by: .seconds(3_600)))
        }
    }

    private func provider(_ gate: Gate) -> TokenProvider {
        TokenProvider { () async throws(PBXError) -> AccessToken in try await gate.fetch() }
    }

    @Test("fifty tasks at once cost one request")
    func singleFlight() async throws {
        let gate = Gate()
        let provider = self.provider(gate)
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask { try await provider.token().text }
            }
            for await _ in gate.fetches { break }
            gate.open()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts == ["token 1"])
        #expect(gate.count == 1)
    }

    @Test("a rejected token is fetched anew, once")
    func rejection() async throws {
        let gate = Gate()
        gate.open()
        let provider = self.provider(gate)
        let first = try await provider.token()
        provider.reject(first)
        provider.reject(first)
        #expect(try await provider.token().text == "token 2")
        #expect(try await provider.token().text == "token 2")
        #expect(gate.count == 2)
    }

    @Test("a task that is cancelled while it fetches does not take the others with it")
    func cancelledFetch() async throws {
        let gate = Gate()
        let provider = self.provider(gate)
        try await withThrowingTaskGroup(of: String?.self) { group in
            let fetching = Task { try await provider.token() }
            for await number in gate.fetches where number == 1 { break }
            group.addTask { try await provider.token().text }
            fetching.cancel()
            await #expect(throws: PBXError(.cancelled, operation: .token)) { try await fetching.value }
            gate.open()
            let text = try await group.next()
            #expect(text == "token 2")
        }
    }

    @Test("a task that is cancelled while it waits ends at once, and the fetch goes on")
    func cancelledWaiter() async throws {
        let gate = Gate()
        let provider = self.provider(gate)
        let fetching = Task { try await provider.token().text }
        for await _ in gate.fetches { break }
        let waiting = Task { try await provider.token().text }
        waiting.cancel()
        await #expect(throws: PBXError(.cancelled, operation: .token)) { try await waiting.value }
        gate.open()
        #expect(try await fetching.value == "token 1")
        #expect(gate.count == 1)
    }
}
