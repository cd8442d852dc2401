/// Members of the PBX's JSON objects whose form differs from answer to answer: numbers come as strings and the other
/// way round, absent and null are the same. Unknown keys are never looked at.
extension KeyedDecodingContainer {
    /// A whole number, also from `"12"` and `12.0`; nil when the member is absent or something else.
    func tolerantInteger(_ key: Key) -> Int64? {
        if let number = try? self.decodeIfPresent(Int64.self, forKey: key) {
            return number
        }
        return self.tolerantText(key).flatMap { Int64($0) }
    }

    /// A number, also from a string with a decimal point or comma.
    func tolerantNumber(_ key: Key) -> Double? {
        if let number = try? self.decodeIfPresent(Double.self, forKey: key) {
            return number
        }
        return self.tolerantText(key).flatMap { Double($0.replacing(",", with: ".")) }
    }

    /// A text without surrounding spaces, also from a number; nil when the member is absent, empty or something else.
    func tolerantText(_ key: Key) -> String? {
        if let text = try? self.decodeIfPresent(String.self, forKey: key) {
            let trimmed = trimmingSpaces(text)
            return trimmed.isEmpty ? nil : trimmed
        }
        return (try? self.decodeIfPresent(Int64.self, forKey: key)).map { String($0) }
    }

    /// A truth value, also from `1`, `"yes"` and `"true"`.
    func tolerantFlag(_ key: Key) -> Bool? {
        if let flag = try? self.decodeIfPresent(Bool.self, forKey: key) {
            return flag
        }
        return switch self.tolerantText(key)?.lowercased() {
        case "1", "true", "yes": true
        case "0", "false", "no": false
        default: nil
        }
    }

    /// A whole number that the object is nothing without.
    ///
    /// - Parameter key: the member's name.
    /// - Returns: the number.
    /// - Throws: `DecodingError` when it is absent or something else.
    func requiredInteger(_ key: Key) throws -> Int64 {
        guard let number = self.tolerantInteger(key) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "not a whole number")
        }
        return number
    }
}

/// A text without the white space around it.
func trimmingSpaces(_ text: String) -> String {
    guard let first = text.firstIndex(where: { !$0.isWhitespace }),
        let last = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[first...last])
}
