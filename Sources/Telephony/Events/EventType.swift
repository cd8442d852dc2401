/// What an event tells, the PBX's `EventType`. Open: types that the product does not assemble are stored and counted.
package struct EventType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// The type of that name, in any case; empty when the event names none.
    package init(rawValue: String) {
        self.rawValue = rawValue.trimmed().lowercased()
    }

    /// A call reaches the extension.
    package static let dialIn = EventType(rawValue: "dial-in")
    /// The extension calls.
    package static let dialOut = EventType(rawValue: "dial-out")
    /// The leg is answered.
    package static let answer = EventType(rawValue: "answer")
    /// The leg ends.
    package static let hangup = EventType(rawValue: "hangup")
    /// Sent by our own self-test, not by the PBX: stored like any event (rule 15), and no sign of life of an extension.
    package static let selfTest = EventType(rawValue: "ringbridge-check")

    /// Whether call records are assembled from events of this type (rule 15).
    package var isAssembled: Bool {
        self == .dialIn || self == .dialOut || self == .answer || self == .hangup
    }

    package var description: String {
        self.rawValue
    }
}
