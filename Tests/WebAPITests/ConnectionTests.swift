import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InMemoryLogging
import Logging
import NIOCore
import Testing

@testable import WebAPI

@Suite("Real connections", .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test("refusals leave the connection usable: HEAD without a body, a body that nobody read")
    func keepAlive() async throws {
        try await TestAPI.with(TestAPI.Options(setup: .live)) { api in
            let token = try await api.phone(of: "807")
            let head = try await api.send(.head, "/ext-event/\(token)")
            #expect(head.status == .methodNotAllowed)
            let large = try await api.send(.post, "/ext-event/\(token)", body: String(repeating: "x", count: 200_000))
            #expect(large.status == .contentTooLarge)
            let unknown = try await api.send(.post, "/ext-event/nothing", body: String(repeating: "x", count: 200_000))
            #expect(unknown.status == .notFound)
            let stored = try await api.send(.post, "/ext-event/\(token)", body: "CallID=c1")
            #expect(stored.status == .ok)
            let rows = try await api.rows(StoredEvents())
            #expect(rows.map(\.callID) == ["c1"])
            #expect(rows.first?.source == "127.0.0.1" || rows.first?.source == "::1")
        }
    }

    @Test("a reader that goes while it waits ends its request, which is no error")
    func clientGoes() async throws {
        let handler = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in handler }
        try await TestAPI.with(TestAPI.Options(setup: .live, logger: logger)) { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            let port = try #require(api.client.port)
            let start = ContinuousClock.now
            let client = TestClient(host: "localhost", port: port)
            client.connect()
            try await client.executeAndDontWaitForResponse(
                TestClient.Request(
                    "/v1/calls/changes?wait=30",
                    method: .get,
                    authority: "localhost",
                    headers: [.authorization: "Bearer \(key)"]
                )
            )
            try await client.shutdown()
            while !handler.entries.contains(where: { $0.metadata["http.route"] == "/v1/calls/changes" }) {
                await Task.yield()
            }
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(!handler.entries.contains { $0.level >= .error })
        }
    }
}
