/// An event row: where the PBX sends one type of event of one extension (or of one queue agent).
package struct SimulatedEvent: Hashable, Sendable {
    /// Who made the row. The real PBX does not tell; the simulator keeps it to notice who touches what.
    package enum Owner: Hashable, Sendable {
        /// An application, through the REST API.
        case application(String)
        /// Somebody else: another integration, or a person in the PBX's cabinet.
        case foreign
    }

    /// The PBX's number of the row.
    package var id: Int
    /// The extension's number, or the agent's for agent events.
    package var extensionID: Int
    /// `dial-in`, `hangup`, …
    package var eventType: String
    /// Where the PBX sends the event. A secret: it never reaches a log.
    package var url: String
    /// `POST` or `GET`.
    package var method: String
    /// Who made it.
    package var owner: Owner

    var json: JSONValue {
        ["id": .integer(id), "url": .string(url), "event_type": .string(eventType), "method": .string(method)]
    }
}
