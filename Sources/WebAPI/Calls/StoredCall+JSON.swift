import FoundationEssentials
import Storage
import Telephony

extension StoredCall {
    /// The call as connectors read it. Every member is always there; what is not known is null.
    var json: JSONValue {
        let record = self.record
        return [
            "id": .string(self.id.uuidString.lowercased()),
            "version": JSONValue(self.version),
            "direction": .string(record.direction.rawValue),
            "status": .string(record.status.rawValue),
            "call_id": .string(record.callID.rawValue),
            "sub_call_id": JSONValue(record.subCallID),
            "user_id": JSONValue(record.userID?.rawValue),
            "extension": [
                "id": .integer(record.extensionRef.id.rawValue),
                "name": .string(record.extensionRef.name),
                "type": .string(record.extensionRef.type.rawValue),
            ],
            "client_number": JSONValue(record.clientNumber),
            "client_number_e164": JSONValue(record.clientNumberE164),
            "client_name": JSONValue(record.clientName),
            "did": JSONValue(record.did),
            "started_at": JSONValue(record.startedAt),
            "answered_at": JSONValue(record.answeredAt),
            "ended_at": JSONValue(record.endedAt),
            "duration_us": JSONValue(record.durationMicroseconds),
            "recording_id": JSONValue(record.recordingID),
            "callback_id": JSONValue(record.callbackID),
            "transferred": .bool(record.transferred),
            "internal": .bool(record.isInternal),
            "partial": .bool(record.isPartial),
            "flags": JSONValue(record.flags.map(\.rawValue)),
            "rule": .string(record.rule),
            "rules_version": JSONValue(record.rulesVersion),
        ]
    }
}
