/// Writes a call's events in the PBX's words (ringme-api.md, section 4).
struct CallScript {
    let cast: ScenarioCast
    let callID: String
    private(set) var events: [ScriptedEvent] = []
    /// Recordings that no event tells of: leg -> recording.
    private(set) var lateRecordings: [String: String] = [:]
    private var identifiers: IdentifierSource

    init(cast: ScenarioCast, callID: String, identifiers: IdentifierSource) {
        self.cast = cast
        self.callID = callID
        self.identifiers = identifiers
    }

    /// An incoming leg: `dial-in`, `answer`, `hangup` at the phone.
    mutating func incoming(_ leg: Leg) {
        let fields =
            identity(of: leg)
            + [FormField("CallFlow", "in")]
            + did(leg.did)
            + called(leg.phone)
            + [
                FormField("CallerIDName", leg.peer?.type == "phone" ? leg.peer?.label ?? "" : leg.number),
                FormField("CallerIDNum", leg.number),
            ]
            + caller(leg.peer)
            + (leg.remoteNumber.map { [FormField("RemoteNumber", $0)] } ?? [])
        append("dial-in", leg, fields)
    }

    /// An outgoing leg: `dial-out`, `answer`, `hangup` at the phone.
    mutating func outgoing(_ leg: Leg) {
        var fields = identity(of: leg) + [FormField("CallFlow", "out")] + did(leg.did)
        if let peer = leg.peer {
            fields += [FormField("CalledNumber", leg.number)]
            fields += [
                FormField("CalledExtension", peer.fullName(domain: cast.domain)),
                FormField("CalledExtensionID", String(peer.id)),
            ]
        } else {
            fields += [FormField("CalledNumber", leg.number)]
        }
        fields += [FormField("CallerIDNum", leg.phone.name), FormField("CallerIDName", leg.phone.label)]
        fields += caller(leg.phone)
        fields += leg.isTransferred ? [FormField("Transfered", "yes")] : []
        fields += leg.callbackID.map { [FormField("CallBackID", $0)] } ?? []
        append("dial-out", leg, fields)
    }

    /// The hangup of an IVR or a queue. Its CallStatus is always ANSWER, for the IVR itself picks up.
    mutating func routerHangup(
        _ router: SimulatedExtension,
        at offset: Duration,
        bridged: String?,
        number: String? = nil,
        flow: String = "in",
        sentAt: Duration? = nil
    ) {
        var fields =
            identity(ofExtension: router, isFirst: false)
            + [FormField("CallFlow", flow), FormField("CallStatus", "ANSWER")]
            + did(cast.calledDID)
            + called(router)
            + [
                FormField("CallerIDName", number ?? cast.clientNumber),
                FormField("CallerIDNum", number ?? cast.clientNumber),
                FormField("Duration", String(offset.microseconds)),
            ]
        fields += bridged.map { [FormField("Bridged", $0)] } ?? []
        events.append(
            ScriptedEvent(
                extensionID: router.id,
                fields: [FormField("EventType", "hangup")] + fields,
                offset: offset,
                sentAt: sentAt
            )
        )
    }

    /// Changes the events written so far: for what is odd about a scenario.
    mutating func revise(_ change: (inout [ScriptedEvent]) -> Void) {
        change(&events)
    }

    /// Sends the events in the order of this list of places; their times stay.
    mutating func send(inOrder places: [Int]) {
        let sorted = chronological()
        events = places.filter(sorted.indices.contains).map { sorted[$0] }
        for index in events.indices {
            events[index].sentAt = index == 0 ? events[0].offset : max(events[index].offset, events[index - 1].sending)
        }
    }

    /// The events in the order they are sent.
    func chronological() -> [ScriptedEvent] {
        events.enumerated()
            .sorted { ($0.element.sending, $0.offset) < ($1.element.sending, $1.offset) }
            .map(\.element)
    }

    private mutating func append(_ dial: String, _ leg: Leg, _ fields: [FormField]) {
        func event(_ type: String, _ status: String, _ offset: Duration, _ extra: [FormField] = []) -> ScriptedEvent {
            ScriptedEvent(
                extensionID: leg.phone.id,
                fields: [FormField("EventType", type)] + fields + [FormField("CallStatus", status)] + extra,
                offset: offset
            )
        }
        events.append(event(dial, "CALLING", leg.start))
        switch leg.end {
        case .answered(let talk):
            var extra = [FormField("Duration", String(talk.microseconds))]
            if leg.isRecorded || leg.isRecordingLate {
                let recording = "\(leg.phone.id)-\(identifiers.hexadecimal32())"
                if leg.isRecordingLate {
                    lateRecordings[fields.first { $0.name == "SubCallID" }?.value ?? ""] = recording
                } else {
                    extra.append(FormField("RecID", recording))
                }
            }
            events.append(event("answer", "ANSWER", leg.start + leg.ring))
            events.append(event("hangup", "ANSWER", leg.start + leg.ring + talk, extra))
        case .unanswered(let status):
            events.append(event("hangup", status, leg.start + leg.ring, [FormField("Duration", "0")]))
        }
        // RemoteNumber is told at the dial; the hangup, always the leg's last event, may lack it.
        events[events.count - 1]["RemoteNumber"] = nil
    }

    private mutating func identity(of leg: Leg) -> [FormField] {
        identity(ofExtension: leg.phone, isFirst: leg.isFirst)
    }

    private mutating func identity(ofExtension owner: SimulatedExtension, isFirst: Bool) -> [FormField] {
        let digits = isFirst ? callID.lowercased() : identifiers.hexadecimal32()
        return [
            FormField("CallID", callID),
            FormField("SubCallID", "\(owner.id)-\(digits)"),
            FormField("CallAPIID", "3584709739-" + Self.dashed(callID)),
        ]
    }

    private func did(_ did: String?) -> [FormField] {
        did.map { [FormField("CalledDID", $0)] } ?? []
    }

    private func called(_ called: SimulatedExtension) -> [FormField] {
        [
            FormField("CalledNumber", called.name),
            FormField("CalledExtension", called.fullName(domain: cast.domain)),
            FormField("CalledExtensionID", String(called.id)),
        ]
    }

    private func caller(_ caller: SimulatedExtension?) -> [FormField] {
        guard let caller else { return [] }
        return [
            FormField("CallerExtensionID", String(caller.id)),
            FormField("CallerExtension", caller.fullName(domain: cast.domain)),
        ]
    }

    private static func dashed(_ callID: String) -> String {
        var rest = Substring(callID)
        var parts: [Substring] = []
        for length in [8, 4, 4, 4] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        parts.append(rest)
        return parts.joined(separator: "-")
    }
}

extension ScriptedEvent {
    /// When it is sent.
    var sending: Duration { sentAt ?? offset }
}

extension Duration {
    /// Whole microseconds.
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
