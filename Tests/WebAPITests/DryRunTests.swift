import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

/// `PUT …/mappings?dry_run=true`: what the write would do, and nothing done.
@Suite("Dry run of mappings", .timeLimit(.minutes(5)))
struct DryRunTests {
    private static let path = "/admin/v1/tenants/807/mappings"
    private static let wanted: JSONValue = [["extension_id": 101, "user_id": "u1"]]

    @Test("the plan comes from a worker, with slots, requests and texts in the reader's language; nothing is changed")
    func plan() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let before = try await api.rows(CountEverything())
            let answer = try await MappingRoutesTests.during(
                api,
                Channel.inquiries,
                work: { try await Self.answerInquiries(api) },
                request: { try await Self.dryRun(api, wait: 30) }
            )
            #expect(answer.status == .ok, "\(answer.text)")
            let entry = try #require(answer.json["plan"]?.elements?.first)
            #expect(entry["extension_id"]?.integer == 101)
            #expect(entry["name"]?.text == "2566*101")
            #expect(entry["type"]?.text == "phone")
            let step = try #require(entry["steps"]?.elements?.first)
            #expect(step["action"]?.text == "create")
            #expect(step["event_type"]?.text == "dial-in")
            #expect(step["reason"]?.text == "missing")
            #expect(step["text"]?.text == "Событие нужно, а АТС его ещё не отправляет.")
            let slots = try #require(entry["slots"])
            #expect(slots["before"]?["used"]?.integer == 14)
            #expect(slots["before"]?["foreign_hosts"]?["crm.example"]?.integer == 14)
            #expect(slots["after"]?["free"]?.integer == 0)
            #expect(entry["problem"]?["code"]?.text == "event_limit_reached")
            #expect(entry["problem"]?["detail"]?.text?.contains("14 из 16") == true)
            #expect(entry["problem"]?["since"] == .null)
            #expect(answer.json["requests"] == ["needed": 5, "available": 730])

            #expect(try await api.rows(CountEverything()) == before)
            let after = try await api.operate(.get, Self.path)
            #expect(after.json["mappings"] == [])
            #expect(after.headers[.eTag] == #""v1""#)
        }
    }

    @Test("it is refused as the write is, and says so when no worker answers in time")
    func refusals() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let path = Self.path + "?dry_run=true"
            let unconditional = try await api.operate(.put, path, json: ["mappings": Self.wanted])
            #expect(unconditional.status == .preconditionRequired)
            let stale = try await api.operate(
                .put,
                path,
                json: ["mappings": Self.wanted],
                headers: [.ifMatch: #""v7""#, .prefer: "wait=0"]
            )
            #expect(stale.status == .preconditionFailed)
            let unknown = try await api.operate(
                .put,
                path,
                json: ["mappings": [["extension_id": 4711, "user_id": "u1"]]],
                headers: [.ifMatch: #""v1""#, .prefer: "wait=0"]
            )
            #expect(unknown.status == .unprocessableContent)
            #expect(unknown.codes == ["extension_unknown"])
            #expect(try await api.rows(CountEverything()).first?.inquiries == 0)
            let silent = try await Self.dryRun(api, wait: 0)
            #expect(silent.status == .gatewayTimeout)
            #expect(silent.code == "no_answer_in_time")
            #expect(try await api.rows(CountEverything()).first?.inquiries == 0)
        }
    }

    @Test("a worker that has no answer is not waited for: 500 at once")
    func noAnswer() async throws {
        try await TestAPI.with { api in
            try await Self.prepare(api)
            let answer = try await MappingRoutesTests.during(
                api,
                Channel.inquiries,
                work: {
                    try await api.test.database.system { transaction in
                        for claim in try await transaction.claimInquiries(limit: 10) {
                            try await transaction.fail(claim)
                        }
                    }
                },
                request: { try await Self.dryRun(api, wait: 60) }
            )
            #expect(answer.status == .internalServerError)
            #expect(answer.code == "internal_error")
            #expect(try await api.rows(CountEverything()).first?.inquiries == 0)
        }
    }

    private static func prepare(_ api: TestAPI) async throws {
        try await api.tenant("807")
        try await api.user("u1", of: "807")
        try await api.readDirectories()
    }

    private static func dryRun(_ api: TestAPI, wait: Int) async throws -> TestAPI.Answer {
        try await api.operate(
            .put,
            Self.path + "?dry_run=true",
            json: ["mappings": Self.wanted],
            headers: [.ifMatch: #""v1""#, .prefer: "wait=\(wait)"]
        )
    }

    /// Plays the worker.
    private static func answerInquiries(_ api: TestAPI) async throws {
        try await api.test.database.system { transaction in
            for claim in try await transaction.claimInquiries(limit: 10) {
                let id = ExtensionID(rawValue: 101)
                #expect(try claim.inquiry == .plan([PlanPreview.Subject(extensionID: id, isMapped: true)]))
                let hosts = ["crm.example": 14]
                var entry = PlanPreview.Entry(extensionID: id, name: "2566*101", type: "phone")
                entry.steps = [PlanPreview.Step(.init(action: .create(eventType: "dial-in"), reason: .missing))]
                entry.before = PlanPreview.Slots(
                    .init(limit: 16, used: 14, ours: 0, foreign: 14, foreignHosts: hosts, free: 2)
                )
                entry.after = PlanPreview.Slots(
                    .init(limit: 16, used: 16, ours: 2, foreign: 14, foreignHosts: hosts, free: 0)
                )
                let data: JSONValue = [
                    "limit": 16, "used": 14, "ours": 0, "needed": 4, "free": 2, "foreign_hosts": ["crm.example": 14],
                ]
                entry.problem = PlanPreview.Trouble(
                    Storage.Problem(code: .eventLimitReached, data: PostgresJSON(bytes: data.bytes))
                )
                entry.requests = 5
                try await transaction.answer(claim, with: PlanPreview(entries: [entry], availableRequests: 730))
            }
        }
    }
}

/// Rows that a write would leave, and questions that are still there.
private struct CountEverything: Statement {
    static let sql: StaticString = """
        SELECT (SELECT count(*) FROM mappings) + (SELECT count(*) FROM event_tokens) + (SELECT count(*) FROM reconcile_todos)
          + (SELECT count(*) FROM audit_log), (SELECT count(*) FROM pbx_inquiries)
        """

    struct Output: Hashable, Sendable {
        var written: Int64
        var inquiries: Int64
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(written: try row.next(), inquiries: try row.next())
    }
}
