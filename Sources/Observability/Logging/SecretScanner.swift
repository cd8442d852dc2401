/// Finds the secrets that begin at a position of a text.
struct SecretScanner {
    let text: [UInt8]

    /// The secret whose mark (`ext-event/`, `Bearer`, …) begins at a position.
    ///
    /// - Parameter position: an index of the text.
    /// - Returns: the range of the secret alone, which may be empty, or nil when no mark begins there.
    func secret(startingAt position: Int) -> Range<Int>? {
        switch self.folded(position) {
        case UInt8(ascii: "e"):
            self.eventToken(after: "ext-event", at: position)
        case UInt8(ascii: "a"):
            self.eventToken(after: "agent-event", at: position) ?? self.assignedValue(at: position)
        case UInt8(ascii: "b"):
            self.bearerToken(at: position)
        case UInt8(ascii: "c"), UInt8(ascii: "p"):
            self.assignedValue(at: position)
        case UInt8(ascii: "r"):
            self.apiKey(at: position)
        case UInt8(ascii: ":"):
            self.urlPassword(at: position)
        default:
            nil
        }
    }

    /// The path component after `ext-event/`; the slash may be escaped as in JSON (`\/`) or in a URL (`%2F`).
    private func eventToken(after mark: String, at position: Int) -> Range<Int>? {
        guard var start = self.end(of: mark, at: position) else { return nil }
        let afterMark = start
        while true {
            if self.folded(start) == UInt8(ascii: "/") {
                start += 1
            } else if let end = self.end(of: #"\/"#, at: start) ?? self.end(of: "%2f", at: start) {
                start = end
            } else {
                break
            }
        }
        guard start > afterMark else { return nil }
        return self.run(from: start) { Self.isUnreserved($0) || $0 == UInt8(ascii: "%") }
    }

    private func bearerToken(at position: Int) -> Range<Int>? {
        guard var start = self.end(of: "bearer", at: position) else { return nil }
        let afterMark = start
        while let end = self.end(of: " ", at: start) ?? self.end(of: "%20", at: start) {
            start = end
        }
        guard start > afterMark else { return nil }
        return self.run(from: start) { Self.isUnreserved($0) || Self.contains("+/=%", $0) }
    }

    private func apiKey(at position: Int) -> Range<Int>? {
        for mark in ["rb_operator_", "rb_admin_", "rb_connector_"] as [String] {
            if let start = self.end(of: mark, at: position) {
                return self.run(from: start, while: Self.isUnreserved)
            }
        }
        return nil
    }

    /// The value of `password=…`, `"password": "…"` and of the other names of secrets that forms and libpq strings
    /// have.
    private func assignedValue(at position: Int) -> Range<Int>? {
        let names = ["password", "client_secret", "app_secret", "access_token", "api_key"] as [String]
        guard var start = names.lazy.compactMap({ self.end(of: $0, at: position) }).first else { return nil }
        let isQuotedName = self.folded(start) == UInt8(ascii: "\"")
        start = self.skippingSpaces(isQuotedName ? start + 1 : start)
        guard self.folded(start) == (isQuotedName ? UInt8(ascii: ":") : UInt8(ascii: "=")) else { return nil }
        start = self.skippingSpaces(start + 1)
        if let quote = self.folded(start), Self.contains("\"'", quote) {
            return self.run(from: start + 1) { $0 != quote }
        }
        return self.run(from: start) { $0 > 0x20 && !Self.contains("&,;}\"'", $0) }
    }

    /// The password in `scheme://user:password@host`. In a URL of PostgreSQL an unescaped slash does not end it: what
    /// libpq refuses to parse still holds the password.
    private func urlPassword(at position: Int) -> Range<Int>? {
        guard let start = self.end(of: "://", at: position) else { return nil }
        let url = self.run(from: start) { $0 > 0x20 && !Self.contains("\"'<>", $0) }
        let authority = self.run(from: start) { $0 > 0x20 && !Self.contains("\"'<>/?#", $0) }
        if let password = self.password(in: authority) {
            return password
        }
        let isPostgres = self.ends(with: "postgres", at: position) || self.ends(with: "postgresql", at: position)
        return isPostgres ? self.password(in: url) : nil
    }

    private func password(in range: Range<Int>) -> Range<Int>? {
        guard
            let at = self.text[range].lastIndex(of: UInt8(ascii: "@")),
            let colon = self.text[range.lowerBound..<at].firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return colon + 1..<at
    }

    private func folded(_ index: Int) -> UInt8? {
        guard index < self.text.count else { return nil }
        let byte = self.text[index]
        return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 0x20 : byte
    }

    /// The index after a mark in lower case that the text has at a position in any case, or nil.
    private func end(of mark: String, at position: Int) -> Int? {
        var index = position
        for byte in mark.utf8 {
            guard self.folded(index) == byte else { return nil }
            index += 1
        }
        return index
    }

    private func ends(with mark: String, at position: Int) -> Bool {
        let start = position - mark.utf8.count
        return start >= 0 && self.end(of: mark, at: start) == position
    }

    private func skippingSpaces(_ position: Int) -> Int {
        self.run(from: position) { $0 == UInt8(ascii: " ") }.upperBound
    }

    private func run(from start: Int, while belongs: (UInt8) -> Bool) -> Range<Int> {
        var end = start
        while end < self.text.count, belongs(self.text[end]) {
            end += 1
        }
        return start..<end
    }

    private static func contains(_ characters: String, _ byte: UInt8) -> Bool {
        characters.utf8.contains(byte)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default:
            false
        }
    }
}
