import HTTPTypes
import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("Delivery of scripted calls", .timeLimit(.minutes(5)))
struct DeliveryTests {
    private static let phoneEvents = ["dial-in", "dial-out", "answer", "hangup"]

    @Test("by POST the fields are in the form body, as in the vendor's captured call")
    func post() async throws {
        let receiver = WebhookReceiver()
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let token = try await harness.token()
                try await harness.subscribe(85219, Self.phoneEvents, url: url + "/e/tok", token: token)
                let call = try await harness.simulator.place(.outgoingAnswered, clientID: harness.clientID)
                #expect(call.deliveries.map(\.eventType) == ["dial-out", "answer", "hangup"])
                #expect(call.deliveries.allSatisfy { $0.status == 200 && $0.extensionID == 85219 })
                let requests = receiver.requests
                try #require(requests.count == 3)
                for request in requests {
                    #expect(request.method == "POST")
                    #expect(request.path == "/e/tok")
                    #expect(request.query.isEmpty)
                    #expect(request.contentType == "application/x-www-form-urlencoded")
                    #expect(request.fields["CallID"] == call.callID)
                    #expect(request.fields["SubCallID"] == "85219-\(call.callID)")
                    #expect(request.fields["CallFlow"] == "out")
                    #expect(request.fields["CalledNumber"] == "+79161112233")
                    #expect(request.fields["CallerIDNum"] == "2566*102")
                    #expect(request.fields["CallerExtension"] == "2566*102@sipproxy.telphin.ru")
                    #expect(request.fields["CallerExtensionID"] == "85219")
                    #expect(request.fields["CallerIDName"] == "Отдел продаж")
                    for absent in ["CalledDID", "CalledExtension", "Transfered", "Bridged"] {
                        #expect(request.fields[absent] == nil)
                    }
                }
                #expect(requests.map { $0.fields["CallStatus"] } == ["CALLING", "ANSWER", "ANSWER"])
                let times = requests.compactMap { $0.fields["EventTime"].flatMap { Int($0) } }
                try #require(times.count == 3)
                #expect(requests[2].fields["Duration"] == "11420018")
                #expect(times[2] - times[1] == 11_420_018, "Duration is the talk time")
                #expect(String(times[0]).count == 16)
                #expect(requests[2].fields["RecID"]?.hasPrefix("85219-") == true)
                #expect(requests[0].fields["Duration"] == nil)
            }
        }
    }

    @Test("by GET the fields are in the query, behind one that the URL has already")
    func get() async throws {
        let receiver = WebhookReceiver()
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let token = try await harness.token()
                try await harness.subscribe(96850, ["hangup"], url: url + "/e", method: "GET", token: token)
                try await harness.subscribe(96857, ["hangup"], url: url + "/e?k=v", method: "GET", token: token)
                _ = try await harness.simulator.place(.missedInIVRThenQueue, clientID: harness.clientID)
                let requests = receiver.requests
                try #require(requests.count == 2)
                #expect(requests.allSatisfy { $0.method == "GET" && $0.body.isEmpty })
                #expect(requests[0].query.hasPrefix("EventType=hangup&"))
                #expect(requests[1].query.hasPrefix("k=v&EventType=hangup&"))
                #expect(requests.map { $0.fields["Bridged"] } == ["no", "no"])
                #expect(requests[1].fields["CalledExtension"] == "2566*887@sipproxy.telphin.ru")
                #expect(requests[1].query.contains("CallerIDNum=%2B79161112233"))
            }
        }
    }

    @Test("only rows of the extension and type get an event, each of them once, and failures are reported")
    func rows() async throws {
        let receiver = WebhookReceiver(status: .serviceUnavailable)
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let token = try await harness.token()
                try await harness.subscribe(85219, ["hangup"], url: url + "/a", token: token)
                try await harness.subscribe(85219, ["hangup"], url: url + "/b", token: token)
                try await harness.subscribe(85218, ["hangup"], url: url + "/c", token: token)
                try await harness.subscribe(85219, ["answer"], url: "http://127.0.0.1:1/secret", token: token)
                let call = try await harness.simulator.place(.answeredViaIVR, clientID: harness.clientID)
                #expect(call.events.count == 4)
                #expect(call.deliveries.map(\.eventType) == ["answer", "hangup", "hangup"])
                #expect(call.deliveries.map(\.status) == [nil, 503, 503])
                #expect(Set(receiver.requests.map(\.path)) == ["/a", "/b"])
                let failure = try #require(call.deliveries.first?.failure)
                #expect(!failure.contains("secret"))
                #expect(harness.pbx.deliveries == call.deliveries)
            }
        }
    }

    @Test("a call in the background is delivered too, and a delivery is repeated when that is wanted")
    func background() async throws {
        let receiver = WebhookReceiver(status: .internalServerError)
        try await receiver.listen { url in
            let configuration = SimulatorConfiguration(deliveryAttempts: 2)
            try await SimulatorHarness.run(configuration: configuration) { harness in
                let token = try await harness.token()
                try await harness.subscribe(96850, ["hangup"], url: url, token: token)
                let missed = ScriptedCall(clientID: harness.clientID, script: .scenario(.missedInIVR))
                let queued = try harness.simulator.enqueue(missed)
                #expect(queued.deliveries.isEmpty)
                while harness.pbx.deliveries.isEmpty {
                    await Task.yield()
                }
                #expect(harness.pbx.deliveries.first?.callID == queued.callID)
                #expect(receiver.requests.count == 2)
            }
        }
    }

    @Test("an agent's change of status is sent once, to the rows of its kind")
    func agents() async throws {
        let receiver = WebhookReceiver()
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let token = try await harness.token()
                let row: JSONValue = ["url": .string(url), "event_type": "agent-login", "method": "POST"]
                _ = try await harness.api(.POST, "/client/@me/agent/local/136/event/", token: token, json: row)
                #expect(try await harness.simulator.setAgentStatus("available", agentID: 136).count == 1)
                #expect(try await harness.simulator.setAgentStatus("available", agentID: 136).isEmpty)
                #expect(try await harness.simulator.setAgentStatus("logged_out", agentID: 136).isEmpty)
                #expect(
                    receiver.requests.map(\.fields) == [
                        [
                            "agent_status": "available", "agent_type": "local", "event_source": "api",
                            "agent_id": "136",
                            "extension_name": "2566*101@sipproxy.telphin.ru",
                        ]
                    ]
                )
            }
        }
    }

    @Test("an agent's status set by the control API goes by GET in the query, beside the query of the URL")
    func agentByGET() async throws {
        let receiver = WebhookReceiver()
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let row: JSONValue = [
                    "url": .string(url + "/hook?mine=1"), "event_type": "agent-logout", "method": "GET",
                ]
                #expect(try await harness.send(.POST, "/_sim/agents/136/events", json: row).status == 201)
                for status in ["available", "logged_out"] {
                    let answer = try await harness.send(
                        .POST,
                        "/_sim/agents/136/status",
                        json: ["status": .string(status)]
                    )
                    #expect(answer.status == 200)
                }
                let rows = try await harness.send(.GET, "/_sim/agents/136/events").json?.elements ?? []
                #expect(rows.map { $0["event_type"]?.text } == ["agent-logout"])
                #expect(rows.first?["foreign"] == .bool(true))
                let request = try #require(receiver.requests.first)
                #expect(receiver.requests.count == 1)
                #expect(request.method == "GET")
                #expect(request.fields["agent_status"] == "logged_out")
                #expect(request.fields["mine"] == "1")
            }
        }
    }

    @Test("explicit events go out as they are, with the call's id and time where they have none")
    func explicitEvents() async throws {
        let receiver = WebhookReceiver()
        try await receiver.listen { url in
            try await SimulatorHarness.run { harness in
                let token = try await harness.token()
                try await harness.subscribe(85219, ["hangup", "answer"], url: url, token: token)
                let body: JSONValue = [
                    "client_id": .integer(harness.clientID), "call_id": "abc",
                    "events": [
                        ["extension_id": 85219, "fields": ["EventType": "answer", "X": "a b&c"]],
                        [
                            "extension_id": 85219, "offset_ms": 10,
                            "fields": ["EventType": "hangup", "CallID": "other", "EventTime": "7", "Duration": nil],
                        ],
                    ],
                ]
                let reply = try await harness.send(.POST, "/_sim/calls?wait=true", json: body)
                #expect(reply.status == 200)
                #expect(reply.json?["call_id"]?.text == "abc")
                #expect(reply.json?["deliveries"]?.elements?.compactMap { $0["status"]?.whole } == [200, 200])
                let fields = receiver.requests.map(\.fields)
                try #require(fields.count == 2)
                #expect(fields[0]["X"] == "a b&c")
                #expect(fields[0]["CallID"] == "abc")
                #expect(fields[0]["EventTime"]?.count == 16)
                #expect(fields[1] == ["EventType": "hangup", "CallID": "other", "EventTime": "7"])
            }
        }
    }
}
