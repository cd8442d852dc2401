import FoundationEssentials
package import Storage
package import Telephony

extension Explanation {
    /// The explanation as one JSON document, as the HTTP interface answers it.
    package func jsonDocument(in language: Language) -> [UInt8] {
        self.json(in: language).bytes
    }

    /// The explanation with its texts in one language. Every member is always there; what is not known is null.
    func json(in language: Language) -> JSONValue {
        [
            "call_id": JSONValue(self.callID?.rawValue),
            "rules_version": JSONValue(CallRecord.currentRulesVersion),
            "events": .array(self.events.map { $0.json(in: language) }),
            "legs": .array(self.legs.map { $0.json(in: language) }),
            "calls": .array(self.calls.map(JSONValue.init(id:))),
            "withdrawn": .array(self.withdrawn.map(JSONValue.init(id:))),
            "next_look_at": JSONValue(self.nextLookAt),
        ]
    }
}

extension Explanation.Event {
    /// The event as explanations and the list of events show it.
    func json(in language: Language) -> JSONValue {
        let understood = self.understood
        return [
            "event_id": .string(String(self.id)),
            "received_at": JSONValue(self.arrivedAt),
            "event_time": JSONValue(understood.eventTime),
            "extension_id": .integer(self.extensionID.rawValue),
            "call_id": JSONValue(self.callID?.rawValue),
            "event_type": JSONValue(understood.eventType.rawValue.isEmpty ? nil : understood.eventType.rawValue),
            "sub_call_id": JSONValue(understood.subCallID),
            "fields": self.fields.map { fields in
                .object(fields.pairs.map { JSONValue.Member(name: $0.name, value: .string($0.value)) })
            } ?? .null,
            "repeats": .integer(Int64(self.repeats)),
            "quarantine": self.quarantine.map { $0.json(in: language) } ?? .null,
        ]
    }
}

extension Explanation.Quarantine {
    fileprivate func json(in language: Language) -> JSONValue {
        [
            "reason": .string(self.reason.rawValue),
            "text": .string(self.reason.text(in: language)),
            "raw": self.raw.map { raw in
                [
                    "encoding": .string(raw.encoding.rawValue), "content": .string(raw.text),
                    "bytes": JSONValue(raw.byteCount),
                ]
            } ?? .null,
        ]
    }
}

extension Explanation.Leg {
    fileprivate func json(in language: Language) -> JSONValue {
        [
            "sub_call_id": JSONValue(self.subCallID),
            "extension": [
                "id": .integer(self.extensionRef.id.rawValue), "name": .string(self.extensionRef.name),
                "type": .string(self.extensionRef.type.rawValue),
            ],
            "outcome": .string(self.outcome.rawValue),
            "rule": .string(self.rule),
            "reason": .string(self.reason.code),
            "text": .string(self.reason.text(in: language)),
            "setting": JSONValue(self.reason.setting),
            "id": self.id.map(JSONValue.init(id:)) ?? .null,
        ]
    }
}

extension JSONValue {
    fileprivate init(id: UUID) {
        self = .string(id.uuidString.lowercased())
    }
}
