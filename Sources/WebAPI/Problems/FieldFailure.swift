import Telephony

/// One thing that is wrong with a request: a member of `errors` in a problem.
struct FieldFailure: Hashable, Sendable {
    /// What is wrong. The raw value is the code that clients switch on.
    struct Code: RawRepresentable, Hashable, Sendable {
        var rawValue: String

        static let required = Code(rawValue: "required")
        static let wrongType = Code(rawValue: "wrong_type")
        static let unknownMember = Code(rawValue: "unknown_member")
        static let invalidValue = Code(rawValue: "invalid_value")
    }

    /// JSON pointer into the body; `?name` for a query parameter.
    var pointer: String
    var code: Code
    /// Nil: the code's own text.
    var detail: LocalizedText?

    func json(in language: Language) -> JSONValue {
        [
            "pointer": .string(self.pointer),
            "code": .string(self.code.rawValue),
            "detail": .string((self.detail ?? self.code.text)[language]),
        ]
    }
}

extension FieldFailure.Code {
    fileprivate var text: LocalizedText {
        switch self {
        case .required: LocalizedText(ru: "Обязательное поле.", en: "The member is required.")
        case .wrongType: LocalizedText(ru: "Значение другого типа.", en: "The value is of another type.")
        case .unknownMember: LocalizedText(ru: "Такого поля нет.", en: "There is no such member.")
        default:
            ProblemCode(rawValue: self.rawValue)?.entry.advice
                ?? LocalizedText(ru: "Недопустимое значение.", en: "The value is not allowed.")
        }
    }
}
