/// The kind of an extension as the PBX names it. Open: the PBX has more kinds than the product subscribes to.
package struct ExtensionType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// The kind of that name; the PBX is not consistent about capitals, so they are dropped.
    package init(rawValue: String) {
        self.rawValue = rawValue.lowercased()
    }

    /// A telephone: reports its own legs.
    package static let phone = ExtensionType(rawValue: "phone")
    /// A voice menu: reports only the end of a call.
    package static let ivr = ExtensionType(rawValue: "ivr")
    /// A queue: reports only the end of a call.
    package static let queue = ExtensionType(rawValue: "queue")
    /// An extension that no listing of the PBX has named yet.
    package static let unknown = ExtensionType(rawValue: "unknown")

    /// Whether the product can subscribe to events of such an extension.
    package var isSubscribable: Bool {
        self == .phone || self.isMonitored
    }

    /// Whether such an extension tells of missed calls (IVR and queue) instead of legs.
    package var isMonitored: Bool {
        self == .ivr || self == .queue
    }

    package var description: String {
        self.rawValue
    }
}
