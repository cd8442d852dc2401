/// A text of the PBX made fit for logs and people: known secrets, URLs and long random words are taken out (the PBX may
/// repeat the event URL that it refuses), white space is joined, and 200 characters are kept.
///
/// - Parameters:
///   - text: what the PBX said.
///   - secrets: texts to take out wherever they stand.
/// - Returns: the shortened text.
func safeMessage(_ text: String, hiding secrets: [String]) -> String {
    var text = text
    for secret in secrets where !secret.isEmpty {
        text = text.replacing(secret, with: "[…]")
    }
    let words = text.split {
        $0.isWhitespace || $0.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
    let safe = words.map { hidingURLs(in: $0) }.joined(separator: " ")
    return safe.count <= 200 ? safe : safe.prefix(199) + "…"
}

/// A word without what follows a `://`, and without runs that look random: 24 or more letters and digits.
private func hidingURLs(in word: Substring) -> String {
    if word.contains("://") || word.contains(":\\/\\/") || word.lowercased().contains("-event/") {
        return "[url]"
    }
    var safe = ""
    var run = ""
    func finishRun() {
        let isRandom =
            run.utf8.count >= 24 && run.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        safe += isRandom ? "[…]" : run
        run = ""
    }
    for character in word {
        if character.isASCII, character.isLetter || character.isNumber || character == "_" || character == "-" {
            run.append(character)
        } else {
            finishRun()
            safe.append(character)
        }
    }
    finishRun()
    return safe
}
