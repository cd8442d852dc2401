package import Telephony

/// Why a wanted mapping is refused. The raw value is the error code of the contract.
package enum MappingRefusal: String, CaseIterable, Sendable {
    case userUnknown = "user_unknown"
    /// A phone belongs to somebody.
    case userRequired = "user_required"
    /// The last successful listing of the PBX does not have it.
    case extensionUnknown = "extension_unknown"
    /// Neither phone, IVR nor queue.
    case extensionTypeUnsupported = "extension_type_unsupported"
    case duplicateExtension = "duplicate_extension"
}

/// Checks a wanted mapping set against the directory and the users: a pure function.
package struct MappingValidation: Sendable {
    /// One refused entry.
    package struct Failure: Hashable, Sendable {
        /// Position in the wanted set.
        package var index: Int
        package var refusal: MappingRefusal
    }

    /// All failures, in the order of the entries.
    package let failures: [Failure]

    /// `directory`: what the last successful listing had; nil while the directory could never be read: then unknown
    /// extensions are accepted and stay pending (decisions section 1).
    /// `users`: the users among those named that exist.
    package init(_ wanted: [Mapping], directory: [ListedExtension]?, users: Set<UserID>) {
        let listed = directory.map { extensions in
            Dictionary(extensions.map { ($0.id, $0.type) }, uniquingKeysWith: { first, _ in first })
        }
        var seen: Set<ExtensionID> = []
        var failures: [Failure] = []
        for (index, mapping) in wanted.enumerated() {
            func refuse(_ refusal: MappingRefusal) { failures.append(Failure(index: index, refusal: refusal)) }
            if !seen.insert(mapping.extensionID).inserted {
                refuse(.duplicateExtension)
            }
            if let userID = mapping.userID, !users.contains(userID) {
                refuse(.userUnknown)
            }
            guard let listed else { continue }
            guard let type = listed[mapping.extensionID] else {
                refuse(.extensionUnknown)
                continue
            }
            if !type.isSubscribable {
                refuse(.extensionTypeUnsupported)
            } else if !type.isMonitored, mapping.userID == nil {
                refuse(.userRequired)
            }
        }
        self.failures = failures
    }
}
