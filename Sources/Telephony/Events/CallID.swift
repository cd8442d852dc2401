/// The PBX's id of a call, the same for all its extensions and legs. The PBX writes it in small letters in webhooks and
/// in capitals in its call history, so it is compared and shown in small letters.
package struct CallID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Takes the text as it is: for ids that were cleaned when they were stored.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The id in a received value, trimmed and in small letters; nil when nothing is left or it exceeds 200 characters.
    package init?(received: String) {
        let text = received.trimmed().lowercased()
        guard !text.isEmpty, text.unicodeScalars.count <= 200 else {
            return nil
        }
        self.rawValue = text
    }

    package var description: String {
        self.rawValue
    }

    package static func < (left: CallID, right: CallID) -> Bool {
        left.rawValue < right.rawValue
    }
}
