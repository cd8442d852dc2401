package import Telephony

/// A place in a log: the instant of an entry, and its number among those of the same instant.
package struct LogPosition: Hashable, Sendable {
    package var at: Timestamp
    package var id: Int64

    package init(at: Timestamp, id: Int64) {
        self.at = at
        self.id = id
    }

    /// Nil for a text that ``text`` did not make.
    package init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = Int64(parts[1]) else { return nil }
        // Instants that the database has no value for come from somebody's hand.
        guard (0..<253_402_300_800_000_000).contains(microseconds) else { return nil }
        self.init(at: Timestamp(microseconds: microseconds), id: id)
        guard self.text == text else { return nil }
    }

    package var text: String { "\(self.at.microseconds)/\(self.id)" }
}
