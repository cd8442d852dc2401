import Storage
import Telephony

/// Mappings as a request names them, each with its places in the request, and what is wrong with their form.
struct MappingEntries: Sendable {
    struct Entry: Sendable {
        var mapping: Mapping
        /// JSON pointers into the body, or `?name` for a part of the path.
        var extensionPointer: String
        var userPointer: String
    }

    /// Those that are well formed.
    var entries: [Entry] = []
    /// What is wrong with the others, and with the body as a whole.
    var failures: [FieldFailure] = []

    var mappings: [Mapping] { self.entries.map(\.mapping) }

    /// The whole set, as the body of `PUT …/mappings` gives it: `{"mappings": [{"extension_id": 85219, "user_id": "u1"|null}]}`.
    init(body: JSONValue) {
        var check = BodyCheck()
        let root = check.object(body, members: ["mappings"])
        for (value, pointer) in check.array(root, "mappings") ?? [] {
            let before = check.failures.count
            let entry = check.object(value, at: pointer, members: ["extension_id", "user_id"])
            let extensionID = check.integer(entry, "extension_id", in: 1...Int64.max, required: true)
            let userID = check.text(entry, "user_id", length: 1...256).map(UserID.init(rawValue:))
            if let extensionID, check.failures.count == before {
                self.entries.append(
                    Entry(
                        mapping: Mapping(extensionID: ExtensionID(rawValue: extensionID), userID: userID),
                        extensionPointer: "\(pointer)/extension_id",
                        userPointer: "\(pointer)/user_id"
                    )
                )
            }
        }
        self.failures = check.failures
    }

    /// One mapping, as the body of `PUT …/mappings/{extension_id}` gives it: `{"user_id": "u1"|null}`.
    init(of extensionID: ExtensionID, body: JSONValue) {
        var check = BodyCheck()
        let root = check.object(body, members: ["user_id"])
        let userID = check.text(root, "user_id", length: 1...256).map(UserID.init(rawValue:))
        self.failures = check.failures
        if self.failures.isEmpty {
            let mapping = Mapping(extensionID: extensionID, userID: userID)
            self.entries = [Entry(mapping: mapping, extensionPointer: "?extension_id", userPointer: "/user_id")]
        }
    }

    /// No mapping at all.
    init() {}

    /// What is wrong with them: by their form, and by the directory and the users.
    ///
    /// `directory`: nil while it could never be read.
    /// `users`: those among the named that exist.
    func problem(directory: [ListedExtension]?, users: Set<UserID>) -> HTTPProblem? {
        let refused = MappingValidation(self.mappings, directory: directory, users: users).failures
        let failures =
            self.failures
            + refused.map { failure in
                FieldFailure(
                    pointer: self.entries[failure.index].pointer(of: failure.refusal),
                    code: FieldFailure.Code(rawValue: failure.refusal.rawValue),
                    detail: nil
                )
            }
        guard !failures.isEmpty else { return nil }
        // The problem has the refusals' own code when they all have the same one.
        let codes = Set(failures.map(\.code.rawValue))
        let only = codes.count == 1 ? codes.first.flatMap(MappingRefusal.init(rawValue:)) : nil
        let code = only.flatMap { ProblemCode(rawValue: $0.rawValue) }
        return HTTPProblem(code ?? .validationFailed, failures: failures)
    }
}

extension MappingEntries.Entry {
    fileprivate func pointer(of refusal: MappingRefusal) -> String {
        switch refusal {
        case .userUnknown, .userRequired: self.userPointer
        case .extensionUnknown, .extensionTypeUnsupported, .duplicateExtension: self.extensionPointer
        }
    }
}

extension Mapping {
    var json: JSONValue {
        ["extension_id": .integer(self.extensionID.rawValue), "user_id": JSONValue(self.userID?.rawValue)]
    }
}
