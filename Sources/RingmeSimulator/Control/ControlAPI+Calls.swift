extension ControlAPI {
    /// `POST /_sim/calls`: a scenario by its number, or explicit `events`. With `?wait=true` it answers when all is delivered.
    func placeCall(_ body: ControlBody, waits: Bool) async throws -> APIAnswer {
        let call = try Self.call(body)
        if waits {
            return .json(try await simulator.place(call).json)
        }
        return .json(try simulator.enqueue(call).json, status: 202)
    }

    /// `POST /_sim/agents/{id}/status {status}`, `GET /_sim/agents/{id}/events`, `POST` there for a row of another
    /// integration, `DELETE /_sim/agents/{id}`.
    func answerAgents(_ method: String, _ path: [String], _ body: ControlBody) async throws -> APIAnswer {
        guard let agentID = path.first.flatMap(Int.init) else { return .notFound }
        switch (method, path.dropFirst().first, path.count) {
        case ("POST", "status", 2):
            let status = try body.text("status")
            guard ["available", "logged_out"].contains(status) else {
                throw SimulatorError.invalid("status is available or logged_out")
            }
            let deliveries = try await simulator.setAgentStatus(status, agentID: agentID)
            return .json(["deliveries": .array(deliveries.map(\.json))])
        case ("GET", "events", 2):
            return .json(.array(pbx.agentEvents(of: agentID).map(Self.row)))
        case ("POST", "events", 2):
            let row = try pbx.addForeignAgentEvent(
                agentID: agentID,
                url: try body.text("url"),
                eventType: try body.text("event_type", default: "agent-login"),
                method: try body.text("method", default: "POST")
            )
            return .json(Self.row(row), status: 201)
        case ("DELETE", nil, 1):
            try pbx.removeAgent(agentID)
            return .noContent
        default:
            return .notFound
        }
    }

    /// Reads a call from a control request.
    static func call(_ body: ControlBody) throws(SimulatorError) -> ScriptedCall {
        var call = ScriptedCall(clientID: try body.whole("client_id"), script: try script(body))
        call.clientNumber = try body.text("client_number", default: call.clientNumber)
        call.calledDID = try body.text("called_did", default: call.calledDID)
        call.mobileNumber = try body.text("mobile_number", default: call.mobileNumber)
        call.userExtension = try body.optionalText("user_extension")
        call.callID = try body.optionalText("call_id")
        call.talk = try body.optionalDecimal("talk_seconds").map { .seconds($0) }
        call.startedAt = try body.optionalWhole("started_at").map(Int64.init)
        call.timeScale = try body.optionalDecimal("time_scale") ?? 0
        call.delays = (try body.optionalWholes("delays_ms") ?? []).map { .milliseconds($0) }
        call.order = try body.optionalWholes("order")
        return call
    }

    private static func script(_ body: ControlBody) throws(SimulatorError) -> ScriptedCall.Script {
        if let events = body.value["events"]?.elements {
            var script: [ScriptedEvent] = []
            for event in events {
                script.append(try Self.event(ControlBody(event)))
            }
            return .events(script)
        }
        let name = try body.text("scenario")
        guard let scenario = Scenario(rawValue: name.uppercased()) else {
            throw .notFound("no such scenario: \(name)")
        }
        return .scenario(scenario)
    }

    private static func event(_ body: ControlBody) throws(SimulatorError) -> ScriptedEvent {
        guard let members = body.value["fields"]?.members else { throw .invalid("fields is missing or not an object") }
        var fields: [FormField] = []
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            guard let text = value.text else { throw .invalid("\(name) is not text") }
            fields.append(FormField(name, text))
        }
        return ScriptedEvent(
            extensionID: try body.whole("extension_id"),
            fields: fields,
            offset: .milliseconds(try body.whole("offset_ms", default: 0)),
            sentAt: try body.optionalWhole("sent_at_ms").map { .milliseconds($0) }
        )
    }
}
