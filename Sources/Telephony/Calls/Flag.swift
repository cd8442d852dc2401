/// What is odd about a record (rule 17).
package enum Flag: String, CaseIterable, Hashable, Comparable, Sendable {
    /// The duration of an answered leg is absent, negative or no number.
    case badDuration = "bad_duration"
    /// An event's time was absent or more than a day off, its arrival was taken.
    case badEventTime = "bad_event_time"
    /// The events contradict each other on whether the call was answered.
    case conflict
    /// The events do not say which leg they belong to; the extension stood in for it.
    case noSubCallID = "no_sub_call_id"

    package static func < (left: Flag, right: Flag) -> Bool {
        left.rawValue < right.rawValue
    }
}
