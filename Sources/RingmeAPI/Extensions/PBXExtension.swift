package import Telephony

/// An extension as the PBX lists it.
package struct PBXExtension: Sendable, Hashable {
    /// The PBX's number of the extension.
    package var id: ExtensionID
    /// `prefix*name`, for example `2566*102`; what follows an `@` is dropped. Empty when the PBX gives none.
    package var name: String
    /// Phone, IVR, queue, or another word of the PBX.
    package var type: ExtensionType
    /// The name shown to people.
    package var label: String?
    /// `active`, `blocked`, or another word of the PBX.
    package var status: String?

    /// An extension.
    ///
    /// - Parameters:
    ///   - id: the PBX's number.
    ///   - name: `prefix*name`.
    ///   - type: the type.
    ///   - label: the name shown to people.
    ///   - status: the PBX's word.
    package init(id: ExtensionID, name: String, type: ExtensionType, label: String?, status: String?) {
        self.id = id
        self.name = name
        self.type = type
        self.label = label
        self.status = status
    }

    /// The part of it that the rest of the product refers to.
    package var ref: ExtensionRef {
        ExtensionRef(id: self.id, name: self.name, type: self.type)
    }
}

/// The JSON of an extension.
struct ExtensionBody: Decodable {
    var value: PBXExtension

    private enum CodingKeys: String, CodingKey {
        case id, name, type, label, status
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        self.value = PBXExtension(
            id: ExtensionID(rawValue: try object.requiredInteger(.id)),
            name: String((object.tolerantText(.name) ?? "").prefix { $0 != "@" }),
            type: ExtensionType(rawValue: object.tolerantText(.type) ?? ""),
            label: object.tolerantText(.label),
            status: object.tolerantText(.status)
        )
    }
}
