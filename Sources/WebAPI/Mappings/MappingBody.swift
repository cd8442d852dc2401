import Storage
import Telephony

/// The body of `PUT …/mappings`, checked for its form: `{"mappings": [{"extension_id": 85219, "user_id": "u1"|null}]}`.
enum MappingBody {
    /// - Throws: ``HTTPProblem`` 422 with all that is wrong.
    static func mappings(_ body: JSONValue) throws(HTTPProblem) -> [Mapping] {
        var check = BodyCheck()
        let root = check.object(body, members: ["mappings"])
        var mappings: [Mapping] = []
        for (value, pointer) in check.array(root, "mappings") ?? [] {
            let entry = check.object(value, at: pointer, members: ["extension_id", "user_id"])
            let extensionID = check.integer(entry, "extension_id", in: 1...Int64.max, required: true)
            let userID = check.text(entry, "user_id", length: 1...256).map(UserID.init(rawValue:))
            if let extensionID {
                mappings.append(Mapping(extensionID: ExtensionID(rawValue: extensionID), userID: userID))
            }
        }
        try check.finish()
        return mappings
    }

    /// What the directory and the users say against a set that is well formed.
    static func problem(_ validation: MappingValidation) -> HTTPProblem? {
        guard !validation.failures.isEmpty else { return nil }
        let failures = validation.failures.map { failure in
            FieldFailure(
                pointer: "/mappings/\(failure.index)/\(failure.refusal.member)",
                code: FieldFailure.Code(rawValue: failure.refusal.rawValue),
                detail: nil
            )
        }
        // The problem has the refusals' own code when they all have the same one.
        let codes = Set(validation.failures.map(\.refusal.rawValue))
        let only = codes.count == 1 ? codes.first.flatMap(ProblemCode.init(rawValue:)) : nil
        return HTTPProblem(only ?? .validationFailed, failures: failures)
    }
}

extension MappingRefusal {
    fileprivate var member: String {
        switch self {
        case .userUnknown, .userRequired: "user_id"
        case .extensionUnknown, .extensionTypeUnsupported, .duplicateExtension: "extension_id"
        }
    }
}

extension Mapping {
    var json: JSONValue {
        ["extension_id": .integer(self.extensionID.rawValue), "user_id": JSONValue(self.userID?.rawValue)]
    }
}
