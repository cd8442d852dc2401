/// Reads the members of a request's body and collects everything that is wrong with it, so that the sender hears of all
/// faults at once, each with its JSON pointer (RFC 6901).
///
/// Each reader returns nil for a member that is absent or wrong; what is wrong is noted. ``finish()`` throws when anything was.
struct BodyCheck {
    private(set) var failures: [FieldFailure] = []

    /// An object on its way through the check.
    struct Object {
        /// Where it is in the body; empty for the body itself.
        var pointer: String
        var members: [String: JSONValue]

        func pointer(to name: String) -> String {
            let escaped = name.replacing("~", with: "~0").replacing("/", with: "~1")
            return "\(self.pointer)/\(escaped)"
        }
    }

    /// Notes a failure.
    mutating func fail(_ pointer: String, _ code: FieldFailure.Code, _ detail: LocalizedText? = nil) {
        self.failures.append(FieldFailure(pointer: pointer, code: code, detail: detail))
    }

    /// - Throws: ``HTTPProblem`` 422 with all failures, when there is one.
    func finish() throws(HTTPProblem) {
        guard self.failures.isEmpty else { throw HTTPProblem(.validationFailed, failures: self.failures) }
    }

    /// Reads an object that has no other members than the named ones.
    mutating func object(_ value: JSONValue, at pointer: String = "", members known: Set<String>) -> Object? {
        guard let members = value.members else {
            self.fail(pointer, .wrongType, LocalizedText.expected("объект", "an object"))
            return nil
        }
        let object = Object(
            pointer: pointer,
            members: Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        )
        for name in members.map(\.name) where !known.contains(name) {
            self.fail(object.pointer(to: name), .unknownMember)
        }
        return object
    }

    /// Reads an object in a member. Absent or null is nil, and a failure when it is required.
    mutating func object(
        _ parent: Object?,
        _ name: String,
        members known: Set<String>,
        required: Bool = false
    ) -> Object? {
        guard let (value, pointer) = self.value(parent, name, required: required) else { return nil }
        return self.object(value, at: pointer, members: known)
    }

    /// Reads an array in a member, with the pointer of each element.
    mutating func array(_ parent: Object?, _ name: String) -> [(value: JSONValue, pointer: String)]? {
        guard let (value, pointer) = self.value(parent, name, required: true) else { return nil }
        guard let elements = value.elements else {
            self.fail(pointer, .wrongType, LocalizedText.expected("массив", "an array"))
            return nil
        }
        return elements.enumerated().map { ($0.element, "\(pointer)/\($0.offset)") }
    }

    /// Reads a text without control characters.
    ///
    /// `length`: in code points.
    mutating func text(
        _ parent: Object?,
        _ name: String,
        length: ClosedRange<Int> = 1...200,
        required: Bool = false
    ) -> String? {
        guard let (value, pointer) = self.value(parent, name, required: required) else { return nil }
        guard let text = value.text else {
            self.fail(pointer, .wrongType, LocalizedText.expected("строка", "a string"))
            return nil
        }
        guard length.contains(text.unicodeScalars.count) else {
            self.fail(
                pointer,
                .invalidValue,
                LocalizedText(
                    ru: "Ожидается от \(length.lowerBound) до \(length.upperBound) знаков.",
                    en: "Expected \(length.lowerBound) to \(length.upperBound) characters."
                )
            )
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            self.fail(
                pointer,
                .invalidValue,
                LocalizedText(ru: "Управляющие символы не допускаются.", en: "Control characters are not allowed.")
            )
            return nil
        }
        return text
    }

    /// Reads one of the texts that a type knows.
    mutating func choice<Choice: RawRepresentable<String>>(
        _ parent: Object?,
        _ name: String,
        of choices: [Choice],
        required: Bool = false
    ) -> Choice? {
        guard let text = self.text(parent, name, required: required), let parent else { return nil }
        guard let choice = choices.first(where: { $0.rawValue == text }) else {
            let list = choices.map(\.rawValue).joined(separator: ", ")
            self.fail(
                parent.pointer(to: name),
                .invalidValue,
                LocalizedText(ru: "Допустимо: \(list).", en: "Allowed: \(list).")
            )
            return nil
        }
        return choice
    }

    /// Reads a boolean.
    mutating func bool(_ parent: Object?, _ name: String) -> Bool? {
        guard let (value, pointer) = self.value(parent, name, required: false) else { return nil }
        guard case .bool(let bool) = value else {
            self.fail(pointer, .wrongType, LocalizedText.expected("true или false", "true or false"))
            return nil
        }
        return bool
    }

    /// Reads a whole number.
    mutating func integer(
        _ parent: Object?,
        _ name: String,
        in range: ClosedRange<Int64>,
        required: Bool = false
    ) -> Int64? {
        guard let (value, pointer) = self.value(parent, name, required: required) else { return nil }
        guard let integer = value.integer else {
            self.fail(pointer, .wrongType, LocalizedText.expected("целое число", "a whole number"))
            return nil
        }
        guard range.contains(integer) else {
            self.fail(pointer, .invalidValue, LocalizedText.range(range))
            return nil
        }
        return integer
    }

    /// Reads a number.
    mutating func number(_ parent: Object?, _ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let (value, pointer) = self.value(parent, name, required: false) else { return nil }
        let number: Double
        switch value {
        case .integer(let integer): number = Double(integer)
        case .number(let double): number = double
        default:
            self.fail(pointer, .wrongType, LocalizedText.expected("число", "a number"))
            return nil
        }
        guard range.contains(number) else {
            self.fail(pointer, .invalidValue, LocalizedText.range(range))
            return nil
        }
        return number
    }

    /// The member and its pointer; nil when absent or null.
    private mutating func value(_ parent: Object?, _ name: String, required: Bool) -> (JSONValue, String)? {
        guard let parent else { return nil }
        let pointer = parent.pointer(to: name)
        guard let value = parent.members[name], value != .null else {
            if required {
                self.fail(pointer, .required)
            }
            return nil
        }
        return (value, pointer)
    }
}

extension LocalizedText {
    fileprivate static func expected(_ ru: String, _ en: String) -> LocalizedText {
        LocalizedText(ru: "Ожидается \(ru).", en: "Expected \(en).")
    }

    fileprivate static func range<Bound>(_ range: ClosedRange<Bound>) -> LocalizedText {
        LocalizedText(
            ru: "Ожидается значение от \(range.lowerBound) до \(range.upperBound).",
            en: "Expected a value from \(range.lowerBound) to \(range.upperBound)."
        )
    }
}
