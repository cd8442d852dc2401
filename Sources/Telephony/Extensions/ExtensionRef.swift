/// An extension as call records show it.
package struct ExtensionRef: Hashable, Sendable {
    /// The PBX's number of it.
    package var id: ExtensionID
    /// Its name with the client's prefix, without a domain.
    package var name: String
    /// Its kind.
    package var type: ExtensionType

    /// An extension; a domain in `name` is dropped.
    package init(id: ExtensionID, name: String, type: ExtensionType) {
        self.id = id
        self.name = ExtensionName(name).full
        self.type = type
    }
}
