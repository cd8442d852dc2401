/// The key of a person in the tenant's CRM: the CRM's own text.
package struct UserID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Takes the text as it is: for keys that were validated when they were stored.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Nil unless the text is 1 to 256 characters (code points) without control characters.
    package init?(validating text: String) {
        guard (1...256).contains(text.unicodeScalars.count),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            return nil
        }
        self.rawValue = text
    }

    package var description: String {
        self.rawValue
    }

    // By code points, as the database compares: two texts that only Unicode holds for equal are two keys.
    package static func == (left: UserID, right: UserID) -> Bool {
        left.rawValue.unicodeScalars.elementsEqual(right.rawValue.unicodeScalars)
    }

    package func hash(into hasher: inout Hasher) {
        for scalar in self.rawValue.unicodeScalars {
            hasher.combine(scalar)
        }
    }

    package static func < (left: UserID, right: UserID) -> Bool {
        left.rawValue.unicodeScalars.lexicographicallyPrecedes(right.rawValue.unicodeScalars)
    }
}
