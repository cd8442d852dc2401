/// The name of an extension, `2566*102` in full and `102` inside its own client (vendor's extension page).
package struct ExtensionName: Hashable, Sendable, CustomStringConvertible {
    /// With the client's prefix, `2566*102`; the same as `short` when there is no prefix.
    package let full: String

    /// A name as the PBX writes it: what follows `@` is a domain and is dropped, as is surrounding space.
    package init(_ received: some StringProtocol) {
        self.full = droppingDomain(received).trimmed()
    }

    /// Without the prefix, `102`.
    package var short: String {
        guard let star = self.full.lastIndex(of: "*") else {
            return self.full
        }
        return String(self.full[self.full.index(after: star)...])
    }

    package var description: String {
        self.full
    }
}
