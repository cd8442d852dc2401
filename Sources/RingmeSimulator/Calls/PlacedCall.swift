/// One webhook request that the PBX sent, or tried to send.
package struct Delivery: Hashable, Sendable {
    /// The call it belongs to; nil for an agent's event.
    package var callID: String?
    /// The extension that sent it; the agent's number for an agent's event.
    package var extensionID: Int
    /// The event type of the row it was sent for.
    package var eventType: String
    /// `POST` or `GET`.
    package var method: String
    /// The receiver's status; nil when there was no answer.
    package var status: Int?
    /// Why there was no answer, without the address.
    package var failure: String?

    var json: JSONValue {
        [
            "call_id": JSONValue(callID), "extension_id": .integer(extensionID), "event_type": .string(eventType),
            "method": .string(method), "status": JSONValue(status), "failure": JSONValue(failure),
        ]
    }
}

/// A call that has been played.
package struct PlacedCall: Sendable {
    /// The CallID of all its events.
    package var callID: String
    /// The events in the order they were sent, with their times.
    package var events: [ScriptedEvent]
    /// What was sent, and how it was answered; empty while the call still waits.
    package var deliveries: [Delivery]

    var json: JSONValue {
        [
            "call_id": .string(callID), "events": .array(events.map(Self.json)),
            "deliveries": .array(deliveries.map(\.json)),
        ]
    }

    private static func json(_ event: ScriptedEvent) -> JSONValue {
        let fields = Dictionary(event.fields.map { ($0.name, JSONValue.string($0.value)) }) { _, last in last }
        return ["extension_id": .integer(event.extensionID), "fields": .object(fields)]
    }
}
