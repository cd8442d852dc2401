import Telephony

/// The header `Accept-Language` (RFC 9110, 12.5.4), as far as the product has a choice.
enum AcceptLanguage {
    /// The language of the product that the reader likes best; nil when the header names none of them.
    static func preferred(_ header: String?) -> Language? {
        guard let header else { return nil }
        var best: (language: Language, weight: Double)?
        for item in header.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            guard let tag = parts.first?.split(separator: "-").first, let language = Language(rawValue: String(tag))
            else {
                continue
            }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if weight > 0, weight > best?.weight ?? 0 {
                best = (language, weight)
            }
        }
        return best?.language
    }
}
