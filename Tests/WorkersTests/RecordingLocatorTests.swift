import FoundationEssentials
import Logging
import RingmeAPI
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Where a recording can be fetched, asked of the simulated PBX.
@Suite("Addresses of recordings", .timeLimit(.minutes(5)))
struct RecordingLocatorTests {
    private static let phone = 85_219
    private static let inquiryID = UUID()

    @Test("a recording that the PBX has, in whatever letters, is found at its temporary URL, which is sealed")
    func found() async throws {
        try await Self.with { world, locate in
            let call = try await world.play(.scenario(.answeredViaIVR))
            let recording = try #require(try await world.feed().first?.record.recordingID)
            world.pbx.clearRequestLog()
            for id in [recording, recording.uppercased()] {
                guard case .found(let sealed) = try await locate(id) else {
                    Issue.record("\(id) is not found")
                    return
                }
                #expect(!sealed.contains("http") && !sealed.lowercased().contains(recording.lowercased()))
                let keyRing = try TenantFixture.keyRing()
                let context = SealContext.recordingAddress(of: world.scope.tenantID, inquiryID: Self.inquiryID)
                let url = try keyRing.open(sealed, context: context)
                #expect(url == "\(world.fixture.url)/storage/\(recording.lowercased()).mp3")
                #expect(throws: KeyRing.OpenError.notAuthentic) {
                    let other = SealContext.recordingAddress(of: world.scope.tenantID, inquiryID: UUID())
                    _ = try keyRing.open(sealed, context: other)
                }
            }
            #expect(world.requests(for: .recordStorage) == 2)
            try world.pbx.setRecording(nil, callID: call.callID, extensionID: Self.phone)
            let gone = try await locate(recording)
            #expect(gone == .gone)
        }
    }

    @Test(
        "a PBX that cannot answer is no PBX without the recording",
        arguments: [
            (Fault.internalError, 2), (Fault.html, 2), (.rateLimited(resetSeconds: 1_800), 1_800),
            (
                .answer(
                    status: 404,
                    body: #"{"message": "No client", "status": "client_not_found"}"#,
                    contentType: "application/json"
                ), 300
            ),
            (
                .answer(
                    status: 403,
                    body: #"{"message": "no", "status": "access_denied"}"#,
                    contentType: "application/json"
                ), 300
            ),
            (.revokeApplication, 300),
        ] as [(Fault.Action, Int)]
    )
    func unavailable(fault: Fault.Action, seconds: Int) async throws {
        try await Self.with { world, locate in
            world.pbx.addFault(Fault(fault, resource: .recordStorage))
            let answer = try await locate("85219-abc")
            #expect(answer == .unavailable(retryAfterSeconds: seconds))
        }
    }

    @Test("somebody waits for it: it may use the budget's reserve, but for the last of it")
    func budget() async throws {
        try await Self.with { world, locate in
            let first = try await locate("85219-abc")
            #expect(first == .gone)
            let owner = PBXBudgetOwner(pbxURL: world.fixture.url, pbxClient: String(CallWorld.clientID))
            for (remaining, answer) in [(60, RecordingAnswer.gone), (50, .unavailable(retryAfterSeconds: 600))] {
                let news = PBXBudgetNews(limit: 1000, remaining: remaining, resetSeconds: 600)
                _ = try await world.database.system { try await $0.recordBudget(news, of: owner) }
                world.pbx.clearRequestLog()
                let given = try await locate("85219-abc")
                switch (given, answer) {
                case (.unavailable(let seconds), .unavailable): #expect((500...600).contains(seconds))
                default: #expect(given == answer)
                }
                #expect(world.requests(for: .recordStorage) == (answer == .gone ? 1 : 0))
            }
        }
    }

    @Test("an app secret that the key ring cannot open, and an id that is none")
    func unusable() async throws {
        try await Self.with { world, locate in
            let dots = try await locate("..")
            #expect(dots == .unavailable(retryAfterSeconds: 300))
            try await world.change("UPDATE tenants SET pbx_app_secret_sealed = 'v1.other.AAAA', version = version + 1")
            let locked = try await locate("85219-abc")
            #expect(locked == .unavailable(retryAfterSeconds: 300))
        }
    }

    @Test("a worker answers the question; an answer that nobody takes is gone after a minute")
    func inquiry() async throws {
        try await ReconcilerTests.with { world in
            let id = UUID()
            try await world.database.tenant(world.scope) { try await $0.ask(.recording("85219-abc"), id: id) }
            let answered = try await world.answerer.answerAll()
            #expect(answered == 1)
            func answer() async throws -> RecordingAnswer? {
                let reply = try await world.database.tenant(world.scope) { transaction in
                    try await transaction.reply(RecordingAnswer.self, to: id)
                }
                return if case .answer(let answer) = reply { answer } else { nil }
            }
            for (seconds, expected) in [(55, RecordingAnswer.gone), (61, nil)] {
                try await world.script("UPDATE pbx_inquiries SET asked_at = now() - interval '\(seconds) seconds'")
                try await world.database.system { try await $0.dropOldInquiries() }
                let kept = try await answer()
                #expect(kept == expected)
            }
        }
    }

    private static func with(
        _ body: (CallWorld, (String) async throws -> RecordingAnswer) async throws -> Void
    ) async throws {
        try await CallWorld.with { world in
            let http = PBXHTTPClient()
            let locator = RecordingLocator(
                database: world.database,
                gateway: PBXGateway(
                    http: http,
                    defaultURL: world.fixture.url,
                    database: world.database,
                    keyRing: try TenantFixture.keyRing(),
                    logger: Logger(label: "test")
                ),
                keyRing: try TenantFixture.keyRing()
            )
            let result: Result<Void, any Error>
            do {
                try await body(world) { id in
                    try await locator.locate(id, of: world.scope, inquiryID: Self.inquiryID)
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            try await http.shutdown()
            try result.get()
        }
    }
}
