/// A call whose events have their ids and times: ready to be sent.
struct PlannedCall: Sendable {
    var callID: String
    /// In the order of sending.
    var events: [ScriptedEvent]
    /// The wait before each event.
    var waits: [Duration]
}

extension PBXState {
    /// How many calls the history keeps at most; twice as many for a moment.
    private static let keptCalls = 100_000

    /// Gives a scripted call its ids and times, and enters it into the call history.
    ///
    /// - Throws: ``SimulatorError`` when the client, or somebody the script needs, does not exist.
    mutating func plan(_ call: ScriptedCall, at now: Int64) throws(SimulatorError) -> PlannedCall {
        guard let client = clients[call.clientID] else { throw .notFound("no such client: \(call.clientID)") }
        let callID = call.callID ?? Self.callID(of: call.script) ?? identifiers.hexadecimal32()
        var lateRecordings: [String: String] = [:]
        var events: [ScriptedEvent]
        switch call.script {
        case .scenario(let scenario):
            let cast = try ScenarioCast(call: call, client: client, extensions: extensions(of: client.id))
            var script = CallScript(cast: cast, callID: callID, identifiers: IdentifierSource(seed: identifiers.next()))
            script.write(scenario)
            events = script.chronological()
            lateRecordings = script.lateRecordings
        case .events(let given):
            for event in given where extensions[event.extensionID]?.clientID != client.id {
                throw .notFound("no such extension of the client: \(event.extensionID)")
            }
            events = given.sorted { $0.sending < $1.sending }
        }
        if let order = call.order {
            guard order.allSatisfy(events.indices.contains) else {
                throw .invalid("order names events from 0 to \(events.count - 1)")
            }
            events = order.map { events[$0] }
        }
        let start = call.startedAt ?? Self.start(of: events, scale: call.delays.isEmpty ? call.timeScale : 0, now: now)
        for index in events.indices {
            if events[index]["CallID"] == nil {
                events[index]["CallID"] = callID
            }
            if events[index]["EventTime"] == nil {
                events[index]["EventTime"] = String(start + events[index].offset.microseconds)
            }
        }
        if let recorded = RecordedCall(
            clientID: client.id,
            callID: callID,
            events: events.filter { $0["CallID"]?.lowercased() == callID.lowercased() },
            lateRecordings: lateRecordings
        ) {
            calls.append(recorded)
            if calls.count > 2 * Self.keptCalls {
                calls.removeFirst(calls.count - Self.keptCalls)
            }
        }
        return PlannedCall(callID: callID, events: events, waits: Self.waits(of: events, call: call))
    }

    private static func callID(of script: ScriptedCall.Script) -> String? {
        guard case .events(let events) = script else { return nil }
        return events.lazy.compactMap { $0["CallID"] }.first
    }

    /// Played in real time a call begins now; played faster, so long ago that its last event is not in the future.
    private static func start(of events: [ScriptedEvent], scale: Double, now: Int64) -> Int64 {
        let span = events.map(\.offset.microseconds).max() ?? 0
        return now - Int64(Double(span) * (1 - min(1, max(0, scale))))
    }

    private static func waits(of events: [ScriptedEvent], call: ScriptedCall) -> [Duration] {
        guard call.delays.isEmpty else {
            return events.indices.map { call.delays.indices.contains($0) ? call.delays[$0] : .zero }
        }
        var last: Duration?
        return events.map { event in
            defer { last = event.sending }
            guard let last, call.timeScale > 0 else { return .zero }
            return max(.zero, (event.sending - last) * call.timeScale)
        }
    }
}
