/// A call as the PBX's call history shows it. Times are the PBX's own text, `YYYY-MM-DD HH:MM:SS` in UTC with an
/// optional fraction; durations are seconds here, where the webhooks have microseconds.
package struct PBXCall: Sendable, Hashable {
    /// The call's id in lower case: the CallID of the webhooks.
    package var callID: String
    /// `in` or `out`.
    package var flow: String?
    /// The extension that the history files the call under.
    package var extensionID: Int64?
    /// Whether a phone accepted the call.
    package var isBridged: Bool?
    /// `bridged`, `answered`, `busy`, `not answered`, `failed`, `rejected`, or another word of the PBX.
    package var result: String?
    /// When the call began.
    package var startedAt: String?
    /// When it ended.
    package var endedAt: String?
    /// Seconds from start to end.
    package var durationSeconds: Double?
    /// Its legs; empty when the resource does not give them.
    package var legs: [Leg]

    /// A leg of the call.
    package struct Leg: Sendable, Hashable {
        /// The id of the recording, as the PBX writes it.
        package var recordID: String?
        /// The extension of the leg.
        package var extensionID: Int64?
        /// `in`, `out` or `transfer`.
        package var flow: String?
        /// `answered`, `busy`, `answered elsewhere`, or another word of the PBX.
        package var result: String?
        /// Seconds.
        package var durationSeconds: Double?
    }
}

/// The JSON of a call of the history.
struct CallBody: Decodable {
    var call: PBXCall

    private enum CodingKeys: String, CodingKey {
        case flow, bridged, result, duration, cdr
        case callID = "call_uuid"
        case extensionID = "extension_id"
        case startedAt = "start_time_gmt"
        case endedAt = "hangup_time_gmt"
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        guard let callID = object.tolerantText(.callID) else {
            throw DecodingError.dataCorruptedError(forKey: .callID, in: object, debugDescription: "no call id")
        }
        self.call = PBXCall(
            callID: callID.lowercased(),
            flow: object.tolerantText(.flow)?.lowercased(),
            extensionID: object.tolerantInteger(.extensionID),
            isBridged: object.tolerantFlag(.bridged),
            result: object.tolerantText(.result),
            startedAt: object.tolerantText(.startedAt),
            endedAt: object.tolerantText(.endedAt),
            durationSeconds: object.tolerantNumber(.duration),
            legs: (try object.decodeIfPresent([LegBody].self, forKey: .cdr) ?? []).map(\.leg)
        )
    }

    private struct LegBody: Decodable {
        var leg: PBXCall.Leg

        private enum CodingKeys: String, CodingKey {
            case flow, result, duration
            case recordID = "record_uuid"
            case extensionID = "extension_id"
        }

        init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: CodingKeys.self)
            self.leg = PBXCall.Leg(
                recordID: object.tolerantText(.recordID),
                extensionID: object.tolerantInteger(.extensionID),
                flow: object.tolerantText(.flow)?.lowercased(),
                result: object.tolerantText(.result),
                durationSeconds: object.tolerantNumber(.duration)
            )
        }
    }
}

/// The JSON of a page of the history.
struct CallHistoryBody: Decodable {
    var calls: [CallBody]

    private enum CodingKeys: String, CodingKey {
        case calls = "call_history"
    }
}
