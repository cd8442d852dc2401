import HTTPTypes
import Hummingbird
import Telephony

/// The query of a request, read strictly: an unknown or repeated parameter is refused, not ignored.
struct QueryParameters {
    /// Parameters in which a plus stays a plus: numbers, and instants with an offset.
    private static let literalPlus: Set<String> = ["number", "from", "to", "since"]
    /// How many entries a list has when nobody says.
    static let defaultLimit = 50
    /// More entries than this are never given at once.
    static let maximumLimit = 1_000

    private let values: [String: String]

    /// - Throws: ``HTTPProblem`` 400 for parameters that are unknown, repeated or malformed.
    init(_ request: Request, known: Set<String>) throws(HTTPProblem) {
        var values: [String: String] = [:]
        var unknown: [String] = []
        for pair in request.rawQuery.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true) else {
                throw HTTPProblem(.invalidParameter)
            }
            guard known.contains(name) else {
                unknown.append(name)
                continue
            }
            let text = parts.count == 2 ? parts[1] : ""
            guard let value = PercentEncoding.decode(text, plusIsSpace: !Self.literalPlus.contains(name)) else {
                throw .parameter(name, LocalizedText(ru: "Значение не прочитано.", en: "The value cannot be read."))
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .parameter(name, LocalizedText(ru: "Параметр повторён.", en: "The parameter is there twice."))
            }
        }
        guard unknown.isEmpty else {
            let code = FieldFailure.Code(rawValue: ProblemCode.unknownParameter.rawValue)
            throw HTTPProblem(
                .unknownParameter,
                failures: unknown.map { FieldFailure(pointer: "?\($0)", code: code, detail: nil) }
            )
        }
        self.values = values
    }

    subscript(name: String) -> String? { self.values[name] }

    /// `limit`, coerced down to the maximum.
    func limit() throws(HTTPProblem) -> Int {
        guard let text = self["limit"] else { return Self.defaultLimit }
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let limit = isNumber ? Int(text) ?? Self.maximumLimit : 0
        guard limit > 0 else {
            throw .parameter(
                "limit",
                LocalizedText(ru: "Ожидается целое число от 1.", en: "Expected a whole number from 1.")
            )
        }
        return min(limit, Self.maximumLimit)
    }

    /// A whole number in a range; nil when absent.
    func integer<Number: FixedWidthInteger>(
        _ name: String,
        in range: ClosedRange<Number>
    ) throws(HTTPProblem) -> Number? {
        guard let text = self[name] else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw .parameter(
                name,
                LocalizedText(
                    ru: "Ожидается целое число от \(range.lowerBound) до \(range.upperBound).",
                    en: "Expected a whole number from \(range.lowerBound) to \(range.upperBound)."
                )
            )
        }
        return number
    }

    /// An instant; nil when absent.
    func instant(_ name: String) throws(HTTPProblem) -> Timestamp? {
        guard let text = self[name] else { return nil }
        // A plus that somebody's form encoding made a space.
        guard let instant = Timestamp(rfc3339: text.replacing(" ", with: "+")) ?? Timestamp(rfc3339: text) else {
            throw .parameter(
                name,
                LocalizedText(
                    ru: "Ожидается время RFC 3339, например 2026-11-22T10:00:00Z.",
                    en: "Expected an RFC 3339 instant such as 2026-11-22T10:00:00Z."
                )
            )
        }
        return instant
    }

    /// One of the texts that a type knows; nil when absent.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String,
        of type: Choice.Type = Choice.self
    ) throws(HTTPProblem) -> Choice? {
        guard let text = self[name] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let list = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .parameter(name, LocalizedText(ru: "Допустимо: \(list).", en: "Allowed: \(list)."))
        }
        return choice
    }

    /// `true` or `false`; false when absent.
    func flag(_ name: String) throws(HTTPProblem) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        default: throw .parameter(name, LocalizedText(ru: "Ожидается true или false.", en: "Expected true or false."))
        }
    }
}

extension Request {
    /// The query as it came, percent-encoded; empty when there is none.
    var rawQuery: Substring {
        guard let path = self.head.path, let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
        return path[path.utf8.index(after: mark)...]
    }
}
