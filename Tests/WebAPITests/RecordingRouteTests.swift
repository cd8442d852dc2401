import FoundationEssentials
import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

/// `GET /v1/calls/{id}/recording`; the workers' part is played by hand.
@Suite("Recordings", .timeLimit(.minutes(5)))
struct RecordingRouteTests {
    private static let url = "https://storage.example.com/r/7f3a.mp3?signature=secret"

    @Test("a recording is where the PBX says; the address is sealed on its way and kept nowhere")
    func found() async throws {
        try await Self.with { api, key, id in
            let answer = try await Self.get(api, key, id) { claim in
                let context = SealContext.recordingAddress(of: claim.scope.tenantID, inquiryID: claim.inquiryID)
                return .found(sealedURL: try api.keyRing.seal(Self.url, context: context))
            }
            #expect(answer.status == .found)
            #expect(answer.headers[.location] == Self.url)
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.text.isEmpty)
            #expect(try await api.rows(CountInquiries()) == [0])
        }
    }

    @Test(
        "what the PBX has not, or cannot say, is a problem with its own code",
        arguments: [
            (RecordingAnswer.gone, 404, "recording_gone", nil),
            (.unavailable(retryAfterSeconds: 42), 503, "pbx_unavailable", "42"),
        ]
    )
    func problems(given: RecordingAnswer, status: Int, code: String, retryAfter: String?) async throws {
        try await Self.with { api, key, id in
            let answer = try await Self.get(api, key, id) { _ in given }
            #expect(answer.status.code == status)
            #expect(answer.code == code)
            #expect(answer.headers[.retryAfter] == retryAfter)
            #expect(answer.headers[.location] == nil)
        }
    }

    @Test("without a worker the PBX cannot be asked")
    func noWorker() async throws {
        try await Self.with { api, key, id in
            let answer = try await api.send(
                .get,
                "/v1/calls/\(id)/recording",
                key: key,
                headers: [.prefer: "wait=0"]
            )
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.code == "pbx_unavailable")
            #expect(answer.headers[.retryAfter] == "10")
            #expect(try await api.rows(CountInquiries()) == [0])
        }
    }

    @Test("a call without a recording says whether one may still come, and nobody is asked")
    func absent() async throws {
        try await Self.with { api, key, _ in
            var fresh = CallRecord.sample("fresh")
            fresh.endedAt = WebAPIDependencies.systemClock()
            try await api.write(
                [
                    .upsert(fresh), .upsert(.sample("old", startedAt: "2020-01-01T00:00:00Z")),
                    .upsert(.sample("missed", status: .missed)),
                ],
                to: try await api.scope("807")
            )
            let details = [
                "fresh": "One may still come", "old": "no longer asked", "missed": "Nobody answered",
            ]
            for (name, detail) in details {
                let calls = try await api.send(.get, "/v1/calls?call_id=call-\(name)", key: key)
                let id = try #require(calls.data.first?["id"]?.text)
                let answer = try await api.send(
                    .get,
                    "/v1/calls/\(id)/recording",
                    key: key,
                    headers: [.acceptLanguage: "en", .prefer: "wait=0"]
                )
                #expect(answer.status == .notFound)
                #expect(answer.code == "recording_absent")
                #expect(answer.json["detail"]?.text?.contains(detail) == true, "\(answer.text)")
            }
        }
    }

    @Test("another tenant's call, and none, are not there")
    func isolation() async throws {
        try await Self.with { api, key, id in
            try await api.tenant("808")
            let other = try await api.key("connector", of: "808")
            for (id, key) in [(id, other), ("nothing", key), ("00000000-0000-0000-0000-000000000000", key)] {
                let answer = try await api.send(.get, "/v1/calls/\(id)/recording", key: key)
                #expect(answer.status == .notFound)
                #expect(answer.code == "not_found")
            }
            #expect(try await api.send(.get, "/v1/calls/\(id)/recording?x=1", key: key).code == "unknown_parameter")
            #expect(try await api.operate(.get, "/v1/calls/\(id)/recording").status == .forbidden)
        }
    }

    /// Asks while a worker answers.
    private static func get(
        _ api: TestAPI,
        _ key: String,
        _ id: String,
        answer: @escaping @Sendable (InquiryClaim) throws -> RecordingAnswer
    ) async throws -> TestAPI.Answer {
        try await MappingRoutesTests.during(
            api,
            Channel.inquiries,
            work: {
                try await api.test.database.system { transaction in
                    for claim in try await transaction.claimInquiries(limit: 10) {
                        let inquiry = try claim.inquiry
                        #expect(inquiry == .recording("101-Rec"))
                        try await transaction.answer(claim, with: try answer(claim))
                    }
                }
            },
            request: {
                // As a player asks.
                try await api.send(.get, "/v1/calls/\(id)/recording", key: key, headers: [.accept: "audio/mpeg"])
            }
        )
    }

    /// Tenant 807 with a recorded call, whose id is given.
    private static func with(_ body: @Sendable (TestAPI, String, String) async throws -> Void) async throws {
        try await TestAPI.with { api in
            try await api.tenant("807")
            let key = try await api.key("connector", of: "807")
            var record = CallRecord.sample("a")
            record.recordingID = "101-Rec"
            try await api.write([.upsert(record)], to: try await api.scope("807"))
            let id = try #require(try await api.send(.get, "/v1/calls", key: key).data.first?["id"]?.text)
            try await body(api, key, id)
        }
    }

    private struct CountInquiries: Statement {
        static let sql: StaticString = "SELECT count(*) FROM pbx_inquiries"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }
}
