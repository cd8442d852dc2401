/// What makes a record the same record inside its CallID, however often the call is assembled again: the leg it stands
/// for, or "the missed call", which keeps its key when it moves from an IVR to a queue.
package struct RecordKey: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// A key as it was stored.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The one missed call of a CallID (rules 4 and 5).
    package static let missed = RecordKey(rawValue: "missed")

    /// The record of a leg.
    package static func leg(subCallID: String) -> RecordKey {
        RecordKey(rawValue: "leg/\(subCallID)")
    }

    /// The record of a leg whose events carry no SubCallID.
    package static func leg(of extensionID: ExtensionID) -> RecordKey {
        RecordKey(rawValue: "extension/\(extensionID.rawValue)")
    }

    package var description: String {
        self.rawValue
    }

    package static func < (left: RecordKey, right: RecordKey) -> Bool {
        left.rawValue < right.rawValue
    }
}
