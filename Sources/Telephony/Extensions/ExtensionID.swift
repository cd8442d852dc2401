/// The PBX's own number of an extension, the `85219` of the vendor's examples.
package struct ExtensionID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int64

    /// The extension with that number on the PBX.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    package var description: String {
        String(self.rawValue)
    }

    package static func < (left: ExtensionID, right: ExtensionID) -> Bool {
        left.rawValue < right.rawValue
    }
}
