// How text of the PBX is cleaned before anything compares it.

/// The text before an `@`: the PBX adds its domain to extension names, and sometimes to numbers.
func droppingDomain(_ text: some StringProtocol) -> String {
    guard let at = text.utf8.firstIndex(of: UInt8(ascii: "@")) else {
        return String(text)
    }
    return String(text[..<at])
}

extension String {
    /// Without white space and line ends on both sides.
    func trimmed() -> String {
        // Nearly all values begin and end with a visible ASCII character; only the others need Unicode's opinion.
        if let first = self.utf8.first, let last = self.utf8.last, first.isVisibleASCII, last.isVisibleASCII {
            return String(self)
        }
        var rest = self[...]
        while let first = rest.first, first.isWhitespace {
            rest = rest.dropFirst()
        }
        while let last = rest.last, last.isWhitespace {
            rest = rest.dropLast()
        }
        return String(rest)
    }
}

extension UInt8 {
    /// Whether the byte is one of `0` to `9`.
    var isASCIIDigit: Bool {
        self >= 0x30 && self <= 0x39
    }

    fileprivate var isVisibleASCII: Bool {
        self > 0x20 && self < 0x7F
    }

    /// The byte with an ASCII capital made small.
    var lowercasedASCII: UInt8 {
        self >= 0x41 && self <= 0x5A ? self + 0x20 : self
    }
}
