/// The key of a tenant: the number of the Ringme application that serves this client, chosen by the operator.
package struct TenantID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Takes the text as it is: for keys that were validated when they were stored.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Nil unless the text is 1 to 64 characters of `[A-Za-z0-9_-]`.
    package init?(validating text: String) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(\.isTenantCharacter) else {
            return nil
        }
        self.rawValue = text
    }

    package var description: String {
        self.rawValue
    }

    package static func < (left: TenantID, right: TenantID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension UInt8 {
    fileprivate var isTenantCharacter: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default:
            false
        }
    }
}
