/// A call as the PBX's call history keeps it.
package struct RecordedCall: Hashable, Sendable {
    /// A leg as the history keeps it.
    package struct Leg: Hashable, Sendable {
        /// `<extension>-<32 hex>`.
        package var recordID: String?
        package var extensionID: Int
        package var source: String
        package var destination: String
        package var isOutgoing: Bool
        package var result: String
        /// Microseconds since 1970-01-01 UTC.
        package var startedAt: Int64
        package var endedAt: Int64
        package var talkMicroseconds: Int64
    }

    package var clientID: Int
    /// As the events carry it; the history shows it in upper case.
    package var callID: String
    package var isOutgoing: Bool
    package var source: String
    package var destination: String
    package var did: String?
    package var extensionID: Int
    /// Microseconds since 1970-01-01 UTC.
    package var startedAt: Int64
    package var endedAt: Int64
    package var isBridged: Bool
    package var legs: [Leg]

    /// What the history makes of a call's events; nil when there are none.
    init?(clientID: Int, callID: String, events: [ScriptedEvent], lateRecordings: [String: String] = [:]) {
        let times = events.compactMap { $0["EventTime"].flatMap(Int64.init) }
        guard let first = events.first, let begin = times.min(), let end = times.max() else { return nil }
        self.clientID = clientID
        self.callID = callID
        isOutgoing = first.eventType == "dial-out"
        source = first["CallerIDNum"] ?? ""
        destination = first["CalledNumber"] ?? ""
        did = events.lazy.compactMap { $0["CalledDID"] }.first
        extensionID = first.extensionID
        startedAt = begin
        endedAt = end
        let bySubCall = Dictionary(grouping: events) { $0["SubCallID"] ?? "" }
        legs = bySubCall.compactMap { Self.leg($0.value, lateRecording: lateRecordings[$0.key]) }
            .sorted { ($0.startedAt, $0.extensionID) < ($1.startedAt, $1.extensionID) }
        isBridged = legs.contains { $0.talkMicroseconds > 0 && !$0.isOutgoing }
    }

    private static func leg(_ events: [ScriptedEvent], lateRecording: String?) -> Leg? {
        let times = events.compactMap { $0["EventTime"].flatMap(Int64.init) }
        guard let hangup = events.last(where: { $0.eventType == "hangup" }), hangup["Bridged"] == nil,
            let begin = times.min(), let end = times.max()
        else { return nil }
        let isAnswered = hangup["CallStatus"] == "ANSWER"
        let result =
            switch hangup["CallStatus"] {
            case "ANSWER": "answered"
            case "BUSY": "busy"
            case "NOANSWER", "CANCEL": "not answered"
            default: "failed"
            }
        return Leg(
            recordID: hangup["RecID"] ?? lateRecording,
            extensionID: hangup.extensionID,
            source: hangup["CallerIDNum"] ?? "",
            destination: hangup["CalledNumber"] ?? "",
            isOutgoing: hangup["CallFlow"] == "out",
            result: result,
            startedAt: begin,
            endedAt: end,
            talkMicroseconds: isAnswered ? hangup["Duration"].flatMap(Int64.init) ?? 0 : 0
        )
    }
}
