import CLibpq

/// What libpq makes of a connection string.
enum LibpqConnectionString {
    /// Why libpq cannot read a connection string.
    struct Malformed: Error {
        /// libpq's message, without what it quotes from the string.
        var message: String
    }

    /// The options that a connection string sets, by keyword.
    ///
    /// - Throws: ``Malformed`` when libpq cannot read it.
    static func parse(_ text: String) throws(Malformed) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = unsafe PQconninfoParse(text, &message) else {
            let reason = unsafe message.map { unsafe String(cString: $0) } ?? "out of memory"
            unsafe PQfreemem(message)
            throw Malformed(message: self.withoutQuotations(reason))
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe self.values(of: options)
    }

    /// What libpq uses where a connection string says nothing: environment variables, then its own defaults.
    static func defaults() -> [String: String] {
        guard let options = unsafe PQconndefaults() else {
            return [:]
        }
        defer { unsafe PQconninfoFree(options) }
        return unsafe self.values(of: options)
    }

    @unsafe
    private static func values(of options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = unsafe options
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val, unsafe value.pointee != 0 {
                unsafe values[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
        return values
    }

    /// libpq quotes the part that it does not understand, which can be the password.
    private static func withoutQuotations(_ message: String) -> String {
        let parts = message.firstLine.split(separator: "\"", omittingEmptySubsequences: false)
        let kept = parts.enumerated().map { index, part in
            index % 2 == 0 || part == "=" ? String(part) : "…"
        }
        return kept.joined(separator: "\"")
    }
}
