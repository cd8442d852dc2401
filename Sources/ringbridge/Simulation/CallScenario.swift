import Telephony

/// A call that `simulate call` plays: the events that the PBX would send of it, as data.
enum CallScenario: String, CaseIterable, Sendable {
    case incomingAnswered = "incoming-answered"
    case missedInQueue = "missed-in-queue"
    case outgoingAnswered = "outgoing-answered"
    case outgoingBusy = "outgoing-busy"

    /// What the call becomes, for people.
    var meaning: String {
        switch self {
        case .incomingAnswered: "a client calls, the phone answers, they talk for 61 s"
        case .missedInQueue: "a client waits in the queue for 22 s, the phone rings in vain, nobody answers"
        case .outgoingAnswered: "the phone calls a client, they talk for 45 s"
        case .outgoingBusy: "the phone calls a client, whose line is busy"
        }
    }

    /// Whether it needs a queue or an IVR besides the phone.
    var needsQueue: Bool { self == .missedInQueue }

    /// In the order in which they are sent.
    fileprivate var steps: [Step] {
        switch self {
        case .incomingAnswered:
            [
                Step(.phone, "dial-in", at: 0, flow: .in, status: "CALLING"),
                Step(.phone, "answer", at: 4, flow: .in, status: "ANSWER"),
                Step(.phone, "hangup", at: 65, flow: .in, status: "ANSWER", duration: 61),
            ]
        case .missedInQueue:
            [
                Step(.phone, "dial-in", at: 2, flow: .in, status: "CALLING"),
                Step(.phone, "hangup", at: 20, flow: .in, status: "NOANSWER", duration: 0),
                Step(.queue, "hangup", at: 22, flow: .in, status: "ANSWER", duration: 22, bridged: "no"),
            ]
        case .outgoingAnswered:
            [
                Step(.phone, "dial-out", at: 0, flow: .out, status: "CALLING"),
                Step(.phone, "answer", at: 8, flow: .out, status: "ANSWER"),
                Step(.phone, "hangup", at: 53, flow: .out, status: "ANSWER", duration: 45),
            ]
        case .outgoingBusy:
            [
                Step(.phone, "dial-out", at: 0, flow: .out, status: "CALLING"),
                Step(.phone, "hangup", at: 6, flow: .out, status: "BUSY", duration: 0),
            ]
        }
    }
}

/// One event of a scenario.
private struct Step {
    enum Place { case phone, queue }
    enum Flow: String { case `in`, out }

    var place: Place
    var eventType: String
    /// Seconds after the call's beginning.
    var offset: Int64
    var flow: Flow
    var status: String
    /// Seconds.
    var duration: Int64?
    var bridged: String?

    init(
        _ place: Place,
        _ eventType: String,
        at offset: Int64,
        flow: Flow,
        status: String,
        duration: Int64? = nil,
        bridged: String? = nil
    ) {
        self.place = place
        self.eventType = eventType
        self.offset = offset
        self.flow = flow
        self.status = status
        self.duration = duration
        self.bridged = bridged
    }
}

/// A scenario with its people: everything that its events say.
struct SimulatedCall: Sendable {
    /// One webhook request.
    struct Event: Sendable {
        /// Whose event URL it goes to.
        var extensionID: ExtensionID
        var fields: [(name: String, value: String)]
    }

    /// What every simulated call's id begins with, so that nobody takes one for a client's.
    static let callIDPrefix = "ringbridge-simulated-"

    var scenario: CallScenario
    var callID: String
    var phone: ExtensionRef
    /// Nil when the scenario needs none.
    var queue: ExtensionRef?
    var clientNumber: String
    var end: Timestamp

    /// The events, the last one at the call's end.
    var events: [Event] {
        let steps = self.scenario.steps
        let length = steps.map(\.offset).max() ?? 0
        return steps.compactMap { step in
            guard let place = step.place == .phone ? self.phone : self.queue else { return nil }
            let time = self.end.advanced(byMicroseconds: (step.offset - length) * 1_000_000)
            return Event(extensionID: place.id, fields: self.fields(of: step, at: place, time: time))
        }
    }

    /// The names and values are the PBX's.
    private func fields(of step: Step, at place: ExtensionRef, time: Timestamp) -> [(name: String, value: String)] {
        var fields = [
            ("EventType", step.eventType), ("CallID", self.callID),
            ("SubCallID", "\(place.id)-\(self.callID.dropFirst(Self.callIDPrefix.count))"),
            ("CallFlow", step.flow.rawValue), ("CallStatus", step.status), ("EventTime", String(time.microseconds)),
        ]
        switch step.flow {
        case .in:
            fields += [
                ("CallerIDNum", self.clientNumber), ("CallerIDName", "RingBridge test call"),
                ("CalledNumber", place.name), ("CalledExtension", place.name),
                ("CalledExtensionID", String(place.id.rawValue)),
            ]
        case .out:
            fields += [
                ("CallerIDNum", place.name), ("CallerExtension", place.name),
                ("CallerExtensionID", String(place.id.rawValue)), ("CalledNumber", self.clientNumber),
            ]
        }
        fields += step.duration.map { [("Duration", String($0 * 1_000_000))] } ?? []
        fields += step.bridged.map { [("Bridged", $0)] } ?? []
        return fields.map { (name: $0.0, value: $0.1) }
    }
}
