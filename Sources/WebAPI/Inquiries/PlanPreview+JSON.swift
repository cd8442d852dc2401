package import Storage
package import Telephony

extension PlanPreview {
    /// The answer of a dry run as a JSON document.
    ///
    /// - Throws: when a problem's data cannot be read.
    package func jsonDocument(in language: Language) throws -> [UInt8] {
        try self.json(in: language).bytes
    }

    /// The answer of a dry run.
    ///
    /// - Throws: ``JSONParser/Malformed`` when a problem's data cannot be read.
    func json(in language: Language) throws -> JSONValue {
        [
            "plan": .array(try self.entries.map { try $0.json(in: language) }),
            "requests": [
                "needed": JSONValue(self.neededRequests), "available": JSONValue(self.availableRequests),
            ],
        ]
    }
}

extension PlanPreview.Entry {
    fileprivate func json(in language: Language) throws -> JSONValue {
        [
            "extension_id": .integer(self.extensionID.rawValue),
            "name": JSONValue(self.name),
            "type": JSONValue(self.type),
            "steps": .array(self.steps.map { $0.json(in: language) }),
            "slots": ["before": self.before?.json ?? .null, "after": self.after?.json ?? .null],
            "problem": try self.problem?.problem
                .json(of: self.extensionID, named: self.name, since: nil, in: language)
                ?? .null,
        ]
    }
}

extension PlanPreview.Step {
    fileprivate func json(in language: Language) -> JSONValue {
        [
            "action": .string(self.action.rawValue),
            "event_type": .string(self.eventType),
            "reason": .string(self.reason.rawValue),
            "text": .string(self.reason.text(in: language)),
        ]
    }
}

extension PlanPreview.Slots {
    fileprivate var json: JSONValue {
        [
            "limit": JSONValue(self.limit),
            "used": JSONValue(self.used),
            "ours": JSONValue(self.ours),
            "foreign": JSONValue(self.foreign),
            "foreign_hosts": .object(
                self.foreignHosts.sorted { $0.key < $1.key }.map {
                    JSONValue.Member(name: $0.key, value: JSONValue($0.value))
                }
            ),
            "free": JSONValue(self.free),
        ]
    }
}
