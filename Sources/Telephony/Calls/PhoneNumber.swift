/// The number in E.164 with `+`, or nil when that cannot be told. Punctuation is dropped; `00` is an international prefix;
/// eleven digits that start with 7 or 8 are Russian.
package func normalizedE164(_ number: String) -> String? {
    let text = number.trimmed()
    let isInternational = text.hasPrefix("+")
    var digits = ""
    for scalar in text.unicodeScalars.dropFirst(isInternational ? 1 : 0) {
        if ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
        } else if !isPunctuation(scalar) {
            return nil
        }
    }
    if isInternational {
        return e164(digits)
    }
    if digits.hasPrefix("00") {
        return e164(String(digits.dropFirst(2)))
    }
    if digits.count == 11, digits.hasPrefix("7") || digits.hasPrefix("8") {
        return "+7\(digits.dropFirst())"
    }
    return nil
}

private func e164(_ digits: String) -> String? {
    // No country code begins with 0 (ITU-T E.164).
    (7...15).contains(digits.count) && !digits.hasPrefix("0") ? "+\(digits)" : nil
}

private func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\u{A0}", "-", "\u{2011}", "\u{2013}", "(", ")", ".", "/": true
    default: false
    }
}
