import FoundationEssentials
import HTTPTypes
import Hummingbird
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

@Suite("Explain", .timeLimit(.minutes(5)))
struct ExplainRoutesTests {
    @Test("explain: a losing leg of a ring-all, next to the leg that was answered")
    func losingLeg() async throws {
        try await Self.with { api in
            try await api.deliver("a1", 101, "dial-in", 0)
            try await api.deliver("a1", 102, "dial-in", 0)
            try await api.deliver("a1", 101, "answer", 5, "CallStatus=ANSWER")
            try await api.deliver("a1", 102, "hangup", 5, "CallStatus=CANCEL&Duration=0")
            try await api.deliver("a1", 101, "hangup", 60, "CallStatus=ANSWER&Duration=55000000")
            // The PBX repeats itself.
            try await api.deliver("a1", 101, "answer", 5, "CallStatus=ANSWER")
            try await api.assemble()
            let call = try #require(try await api.send(.get, "/v1/calls", key: api.connector).data.first)
            let id = try #require(call["id"]?.text)
            let answer = try await api.send(
                .get,
                "/v1/calls/\(id)/explain",
                key: api.connector,
                headers: [.acceptLanguage: "en"]
            )
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentLanguage] == "en")
            #expect(answer.json["call_id"] == "a1")
            #expect(answer.json["calls"] == [.string(id)])
            #expect(answer.json["withdrawn"] == [])
            #expect(answer.json["next_look_at"] == .null)
            let events = answer.json["events"]?.elements ?? []
            #expect(events.map { $0["event_type"]?.text } == ["dial-in", "dial-in", "answer", "hangup", "hangup"])
            #expect(events.map { $0["repeats"]?.integer } == [0, 0, 1, 0, 0])
            #expect(events.allSatisfy { $0["quarantine"] == .null && $0["fields"]?["CallID"] == "A1" })
            let won = try #require(answer.legs.first { $0["sub_call_id"] == "101-a1" })
            #expect(won["outcome"] == "record")
            #expect(won["rule"] == "2")
            #expect(won["id"] == .string(id))
            let lost = try #require(answer.legs.first { $0["sub_call_id"] == "102-a1" })
            #expect(lost["extension"] == ["id": 102, "name": "2566*102", "type": "phone"])
            #expect(lost["outcome"] == "dropped")
            #expect(lost["rule"] == "4")
            #expect(lost["reason"] == "unanswered_incoming")
            #expect(lost["text"] == .string(LegTrace.Reason.unansweredIncoming.text(in: .en)))
            #expect(lost["id"] == .null)
            // The tenant's language without a wish, and the admin sees the same.
            let own = try await api.operate(.get, "/admin/v1/tenants/807/calls/\(id)/explain")
            #expect(own.legs.first?["text"] == .string(LegTrace.Reason.answeredIncoming.text(in: .ru)))
        }
    }

    @Test("explain: an internal call has no record, and the setting that says so is named")
    func internalCall() async throws {
        try await Self.with { api in
            try await api.deliver("b1", 101, "dial-out", 0, "CalledNumber=102")
            try await api.deliver("b1", 101, "hangup", 9, "CallStatus=NOANSWER&Duration=0&CalledNumber=102")
            try await api.assemble()
            let answer = try await api.operate(.get, "/admin/v1/tenants/807/explain?call_id=B1")
            let leg = try #require(answer.legs.first)
            #expect(answer.legs.count == 1)
            #expect(leg["outcome"] == "dropped")
            #expect(leg["rule"] == "9")
            #expect(leg["setting"] == "external_only")
            #expect(leg["reason"] == "internal_called")
            #expect(answer.json["calls"] == [])
        }
    }

    @Test("explain: a Bridged=yes hangup of an IVR is no missed call")
    func bridged() async throws {
        try await Self.with { api in
            try await api.deliver("c1", 200, "hangup", 9, "CallStatus=ANSWER&Bridged=yes&CallFlow=in")
            try await api.assemble()
            let answer = try await api.operate(.get, "/admin/v1/tenants/807/explain?call_id=c1")
            let leg = try #require(answer.legs.first)
            #expect(leg["extension"]?["type"] == "ivr")
            #expect(leg["outcome"] == "dropped")
            #expect(leg["rule"] == "5")
            #expect(leg["reason"] == "bridged")
        }
    }

    @Test("explain: a withdrawn missed call, by the id that connectors know")
    func withdrawn() async throws {
        try await Self.with { api in
            try await api.deliver("d1", 200, "hangup", 9, "CallStatus=ANSWER&Bridged=no&CallFlow=in")
            try await api.assemble()
            let list = try await api.send(.get, "/v1/calls", key: api.connector)
            let id = try #require(list.data.first?["id"]?.text)
            #expect(list.data.first?["status"] == "missed")
            try await api.deliver("d1", 200, "hangup", 10, "CallStatus=ANSWER&Bridged=yes&CallFlow=in")
            try await api.assemble()
            #expect(try await api.send(.get, "/v1/calls/\(id)", key: api.connector).status == .notFound)
            let answer = try await api.send(
                .get,
                "/v1/calls/\(id)/explain",
                key: api.connector,
                headers: [.acceptLanguage: "en"]
            )
            #expect(answer.json["calls"] == [])
            #expect(answer.json["withdrawn"] == [.string(id)])
            let leg = try #require(answer.legs.first)
            #expect(leg["outcome"] == "dropped")
            #expect(leg["reason"] == "bridged")
            #expect(leg["id"] == .string(id))
            #expect(leg["text"]?.text?.hasSuffix("The record made earlier was withdrawn.") == true)
        }
    }

    @Test("explain: a quarantined event says why, what to do and what came; the problems list names it")
    func quarantined() async throws {
        try await Self.with { api in
            let token = try await api.token(of: "807", extensionID: 101)
            let path = "/ext-event/\(token)"
            #expect(try await api.send(.post, path, body: "EventType=hangup&Note=%D0%BF").status == .ok)
            #expect(try await api.send(.post, path, body: "CallID=%00&x=\u{1}").status == .ok)
            #expect(try await api.send(.post, path, body: String(repeating: "я", count: 5000)).status == .ok)
            let problems = try await api.operate(
                .get,
                "/admin/v1/tenants/807/problems",
                headers: [.acceptLanguage: "en"]
            )
            let problem = try #require(problems.data.first)
            #expect(problems.data.count == 1)
            #expect(problem["code"] == "quarantined_events")
            #expect(problem["extension_id"] == 101)
            #expect(problem["data"]?["count"] == 3)
            #expect(problem["data"]?["reasons"] == ["no_call_id": 2, "undecodable": 1])
            let ids = problem["data"]?["event_ids"]?.elements?.compactMap(\.text) ?? []
            #expect(ids.count == 3)
            #expect(problem["detail"]?.text?.contains("3 event(s)") == true)
            #expect(problem["detail"]?.text?.contains(try #require(ids.first)) == true)
            var explained: [JSONValue] = []
            for id in ids.reversed() {
                let answer = try await api.operate(
                    .get,
                    "/admin/v1/tenants/807/explain?event_id=\(id)",
                    headers: [.acceptLanguage: "en"]
                )
                #expect(answer.json["call_id"] == .null)
                #expect(answer.legs.isEmpty)
                #expect(!answer.text.contains(token))
                explained.append(try #require(answer.json["events"]?.elements?.first))
            }
            #expect(explained[0]["quarantine"]?["reason"] == "no_call_id")
            #expect(explained[0]["quarantine"]?["text"] == .string(QuarantineReason.noCallID.text(in: .en)))
            #expect(
                explained[0]["quarantine"]?["raw"]
                    == ["encoding": "text", "content": "EventType=hangup&Note=%D0%BF", "bytes": 28]
            )
            #expect(explained[0]["fields"]?["Note"] == "п")
            #expect(explained[1]["quarantine"]?["reason"] == "undecodable")
            #expect(explained[1]["fields"] == .null)
            #expect(explained[2]["quarantine"]?["raw"]?["bytes"] == 10_000)
            #expect(explained[2]["quarantine"]?["raw"]?["content"]?.text?.count == 2048)
            // They are the extension's problem with events, not with its subscriptions.
            let reconcile = try await api.operate(.get, "/admin/v1/tenants/807/reconcile")
            #expect(!reconcile.text.contains("quarantined_events"))
        }
    }

    @Test("an event of a call explains that call")
    func eventOfCall() async throws {
        try await Self.with { api in
            try await api.deliver("e1", 101, "dial-in", 0)
            try await api.assemble()
            let open = try await api.operate(.get, "/admin/v1/tenants/807/explain?call_id=e1")
            #expect(open.legs.first?["outcome"] == "open")
            #expect(open.legs.first?["reason"] == "waiting_for_hangup")
            #expect(open.json["next_look_at"]?.text != nil)
            let event = try #require(open.json["events"]?.elements?.first?["event_id"]?.text)
            let same = try await api.operate(.get, "/admin/v1/tenants/807/explain?event_id=\(event)")
            #expect(same.json == open.json)
        }
    }

    @Test("a call whose events are no longer kept says so")
    func eventsGone() async throws {
        try await Self.with { api in
            try await api.deliver("f1", 101, "dial-in", 0)
            try await api.deliver("f1", 101, "hangup", 60, "CallStatus=ANSWER&Duration=55000000")
            try await api.assemble()
            try await api.sql("DELETE FROM events")
            let answer = try await api.operate(
                .get,
                "/admin/v1/tenants/807/explain?call_id=f1",
                headers: [.acceptLanguage: "en"]
            )
            let leg = try #require(answer.legs.first)
            #expect(answer.json["events"] == [])
            #expect(leg["outcome"] == "record")
            #expect(leg["reason"] == "events_gone")
            #expect(
                leg["text"]
                    == "The events of which rule 2 made the record are no longer kept; it stays as it is, and what came later does not change it."
            )
            #expect(leg["id"] == answer.json["calls"]?.elements?.first)
        }
    }

    @Test("what nobody knows, and another tenant's, is not there; one parameter is needed")
    func notFound() async throws {
        try await Self.with { api in
            try await api.deliver("g1", 101, "dial-in", 0)
            try await api.deliver("g1", 101, "hangup", 60, "CallStatus=ANSWER&Duration=55000000")
            try await api.assemble()
            try await api.tenant("808")
            let other = try await api.key("connector", of: "808")
            let id = try #require(try await api.send(.get, "/v1/calls", key: api.connector).data.first?["id"]?.text)
            let event = try #require(
                try await api.operate(.get, "/admin/v1/tenants/807/explain?call_id=g1")
                    .json["events"]?.elements?.first?["event_id"]?.text
            )
            #expect(try await api.send(.get, "/v1/calls/\(id)/explain", key: other).status == .notFound)
            for path in [
                "calls/\(id)/explain", "calls/none/explain", "explain?call_id=g1", "explain?event_id=\(event)",
                "explain?event_id=999999", "explain?call_id=none",
            ] {
                #expect(try await api.operate(.get, "/admin/v1/tenants/808/\(path)").status == .notFound, "\(path)")
            }
            for query in ["", "?call_id=", "?event_id=x", "?call_id=g1&event_id=1", "?event_id=-1", "?x=1"] {
                let answer = try await api.operate(.get, "/admin/v1/tenants/807/explain\(query)")
                #expect(answer.status == .badRequest, "\(query)")
            }
        }
    }

    @Test("legs without an end are a problem of their extension, with its numbers")
    func staleLegs() async throws {
        try await Self.with { api in
            for name in ["h1", "h2"] {
                try await api.deliver(name, 101, "dial-in", 0)
            }
            try await api.assemble(now: Timestamp(microseconds: Self.now() + 5 * 3_600_000_000))
            for (language, piece) in [("ru", "не сообщено: 2"), ("en", "the end of 2 call(s)")] {
                let answer = try await api.operate(
                    .get,
                    "/admin/v1/tenants/807/problems",
                    headers: [.acceptLanguage: language]
                )
                let problem = try #require(answer.data.first)
                #expect(problem["code"] == "stale_leg")
                #expect(problem["extension_id"] == 101)
                #expect(problem["data"]?["count"] == 2)
                #expect(Set(problem["data"]?["call_ids"]?.elements ?? []) == ["h1", "h2"])
                #expect(problem["detail"]?.text?.contains(piece) == true)
            }
        }
    }

    @Test("raw bytes are shown as text when they are UTF-8, up to 4 KB, else in base64")
    func raw() {
        #expect(RawExcerpt(Array("a=я".utf8)) == RawExcerpt(text: "a=я", encoding: .text, byteCount: 4))
        #expect(RawExcerpt([0xFF, 0xFE]) == RawExcerpt(text: "//4=", encoding: .base64, byteCount: 2))
        let long = RawExcerpt(Array(("a" + String(repeating: "я", count: 4000)).utf8))
        #expect(long.text.utf8.count == 4095)
        #expect((long.encoding, long.byteCount) == (.text, 8001))
        // The end of a short one is its end: what is broken there is no text.
        #expect(RawExcerpt(Array("a".utf8) + [0xD1]).encoding == .base64)
    }

    fileprivate static func now() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000_000)
    }

    /// A tenant with the phones 101 and 102 and the IVR 200; nothing waits for a grace.
    private static func with(_ body: @Sendable (ExplainedAPI) async throws -> Void) async throws {
        var options = TestAPI.Options()
        options.configure = { $0.assemblyDefaults = AssemblyDefaults(grace: .zero) }
        try await TestAPI.with(options) { api in
            _ = try await api.phone(of: "807")
            let answer = try await api.map(
                "807",
                [
                    ["extension_id": 101, "user_id": "u1"], ["extension_id": 102, "user_id": "u1"],
                    ["extension_id": 200, "user_id": nil],
                ]
            )
            try #require(answer.status == .ok, "\(answer.text)")
            let connector = try await api.key("connector", of: "807")
            try await body(ExplainedAPI(api: api, connector: connector, start: Self.now()))
        }
    }
}

/// The HTTP interface with the assembler played by hand.

private struct ExplainedAPI: Sendable {
    let api: TestAPI
    let connector: String
    /// Microseconds since 1970.
    let start: Int64

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        key: String? = nil,
        body: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> TestAPI.Answer {
        try await self.api.send(method, path, key: key, body: body, headers: headers)
    }

    func operate(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: HTTPFields = [:]
    ) async throws -> TestAPI.Answer {
        try await self.api.operate(method, path, headers: headers)
    }

    func tenant(_ id: String) async throws { try await self.api.tenant(id) }
    func key(_ role: String, of tenant: String) async throws -> String { try await self.api.key(role, of: tenant) }
    func sql(_ text: String) async throws { try await self.api.sql(text) }
    func token(of tenant: String, extensionID: Int64) async throws -> String {
        try await self.api.token(of: tenant, extensionID: extensionID)
    }

    /// Sends an event of an extension as the PBX does.
    func deliver(
        _ callID: String,
        _ extensionID: Int64,
        _ type: String,
        _ second: Int64,
        _ more: String = "CallStatus=CALLING"
    ) async throws {
        let token = try await self.api.token(of: "807", extensionID: extensionID)
        var form = "EventType=\(type)&CallID=\(callID.uppercased())&SubCallID=\(extensionID)-\(callID)&\(more)"
        form += "&EventTime=\(self.start + second * 1_000_000)&CallerIDNum=%2B79161112233"
        let answer = try await self.api.send(.post, "/ext-event/\(token)", body: form)
        try #require(answer.status == .ok)
    }

    /// Plays the assembler.
    func assemble(now: Timestamp? = nil) async throws {
        try await self.api.test.database.system { transaction in
            let claim = try await transaction.assembly.claim(limit: 100, now: now)
            let materials = try await transaction.assembly.load(claim)
            try await transaction.assembly.write(
                materials.map { $0.result(AssemblyDefaults(grace: .zero), now: claim.now) }
            )
        }
    }
}

extension TestAPI.Answer {
    fileprivate var legs: [JSONValue] { self.json["legs"]?.elements ?? [] }
}
