/// All extensions of a tenant's PBX, mapped or not: what decides whether a number is one of its own.
package struct ExtensionDirectory: Sendable {
    private let extensions: [ExtensionID: ExtensionRef]
    private let names: Set<String>

    /// A directory of these extensions; of several with one id the last counts.
    package init(_ extensions: some Sequence<ExtensionRef>) {
        var byID: [ExtensionID: ExtensionRef] = [:]
        var names: Set<String> = []
        for reference in extensions {
            let name = ExtensionName(reference.name)
            byID[reference.id] = reference
            names.insert(name.full)
            names.insert(name.short)
        }
        names.remove("")
        self.extensions = byID
        self.names = names
    }

    /// The extension with that id, nil when the PBX's listings never named it.
    package func `extension`(id: ExtensionID) -> ExtensionRef? {
        self.extensions[id]
    }

    /// Whether the number is internal (rule 9): it has the form of an extension name, `^[0-9]{3,6}\*[0-9]{2,4}$` (vendor's
    /// events page, "external calls only"), or is the full or short name of an extension of this PBX. A domain is ignored.
    package func isInternal(number: String) -> Bool {
        let name = droppingDomain(number).trimmed()
        return Self.hasInternalForm(name) || self.names.contains(name)
    }

    /// Whether the event names an extension that the directory lacks, so that a fresh listing may tell more: by its id, by a
    /// name of the form `prefix*ext`, or by what may be a short name, `^[0-9]{2,4}$`.
    package func lacksExtension(of event: CallEvent) -> Bool {
        let ids = [event.extensionID.rawValue, event.callerExtensionID, event.calledExtensionID].compactMap(\.self)
        guard ids.allSatisfy({ self.extensions[ExtensionID(rawValue: $0)] != nil }) else {
            return true
        }
        return [event.callerIDNum, event.calledNumber, event.remoteNumber].contains { number in
            guard let number, !self.names.contains(number) else {
                return false
            }
            return Self.hasInternalForm(number) || Self.hasShortForm(number)
        }
    }

    private static func hasShortForm(_ number: String) -> Bool {
        (2...4).contains(number.utf8.count) && number.utf8.allSatisfy(\.isASCIIDigit)
    }

    private static func hasInternalForm(_ number: String) -> Bool {
        let parts = number.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return false
        }
        return (3...6).contains(parts[0].count) && (2...4).contains(parts[1].count)
            && parts[0].allSatisfy(\.isASCIIDigit) && parts[1].allSatisfy(\.isASCIIDigit)
    }
}
