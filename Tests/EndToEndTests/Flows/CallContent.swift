import Foundation
import Telephony

/// The content of a call as connectors read it, without id and version: from their JSON, or as the rules make it.
struct CallContent: Hashable, Sendable, Decodable {
    struct Extension: Hashable, Sendable, Decodable {
        var id: Int64
        var name: String
        var type: String
    }

    var direction: String
    var status: String
    var callID: String
    var subCallID: String?
    var userID: String?
    var `extension`: Extension
    var clientNumber: String?
    var clientNumberE164: String?
    var clientName: String?
    var did: String?
    var startedAt: Instant
    var answeredAt: Instant?
    var endedAt: Instant
    var durationUs: Int64?
    var recordingID: String?
    var callbackID: String?
    var transferred: Bool
    var isInternal: Bool
    var isPartial: Bool
    var flags: [String]
    var rule: String
    var rulesVersion: Int

    enum CodingKeys: String, CodingKey {
        case direction, status, `extension`, did, transferred, flags, rule
        case callID = "call_id"
        case subCallID = "sub_call_id"
        case userID = "user_id"
        case clientNumber = "client_number"
        case clientNumberE164 = "client_number_e164"
        case clientName = "client_name"
        case startedAt = "started_at"
        case answeredAt = "answered_at"
        case endedAt = "ended_at"
        case durationUs = "duration_us"
        case recordingID = "recording_id"
        case callbackID = "callback_id"
        case isInternal = "internal"
        case isPartial = "partial"
        case rulesVersion = "rules_version"
    }

    /// What the rules made.
    init(_ record: CallRecord) {
        self.direction = record.direction.rawValue
        self.status = record.status.rawValue
        self.callID = record.callID.rawValue
        self.subCallID = record.subCallID
        self.userID = record.userID?.rawValue
        self.extension = Extension(
            id: record.extensionRef.id.rawValue,
            name: record.extensionRef.name,
            type: record.extensionRef.type.rawValue
        )
        self.clientNumber = record.clientNumber
        self.clientNumberE164 = record.clientNumberE164
        self.clientName = record.clientName
        self.did = record.did
        self.startedAt = Instant(record.startedAt)
        self.answeredAt = record.answeredAt.map(Instant.init)
        self.endedAt = Instant(record.endedAt)
        self.durationUs = record.durationMicroseconds
        self.recordingID = record.recordingID
        self.callbackID = record.callbackID
        self.transferred = record.transferred
        self.isInternal = record.isInternal
        self.isPartial = record.isPartial
        self.flags = record.flags.map(\.rawValue)
        self.rule = record.rule
        self.rulesVersion = record.rulesVersion
    }
}

/// An instant that reads itself from RFC 3339.
struct Instant: Hashable, Sendable, Decodable, CustomStringConvertible {
    var timestamp: Timestamp

    init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let timestamp = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no instant")
        }
        self.timestamp = timestamp
    }

    var description: String { self.timestamp.description }
}
