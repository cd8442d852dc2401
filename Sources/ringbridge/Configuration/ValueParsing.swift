import Foundation

/// The forms of values in configuration.
enum ValueParsing {
    /// `250ms`, `5s`, `10m`, `6h`, `30d`.
    static func duration(_ text: String) throws -> Duration {
        let units: [(suffix: String, seconds: Double)] = [
            ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
        ]
        for (suffix, seconds) in units where text.hasSuffix(suffix) {
            if let number = Double(text.dropLast(suffix.count)), number >= 0, number.isFinite, number * seconds < 1e10 {
                return .milliseconds(Int64(number * seconds * 1000))
            }
        }
        throw MalformedValue("\"\(text)\" is not a duration; write for example 250ms, 5s, 10m, 6h or 30d")
    }

    /// How long something is kept, a day at least; nil for `unlimited`.
    static func retention(_ text: String) throws -> Duration? {
        guard text.lowercased() != "unlimited" else { return nil }
        let retention = try Self.duration(text)
        guard retention >= .seconds(86_400) else { throw MalformedValue("\"\(text)\" is under a day") }
        return retention
    }

    /// A number of bytes: `1073741824`, `512MiB`, `1GiB`.
    static func bytes(_ text: String) throws -> Int {
        let units: [(suffix: String, shift: Int)] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)]
        for (suffix, shift) in units where text.hasSuffix(suffix) {
            if let number = Int(text.dropLast(suffix.count)), number >= 0, number <= Int.max >> shift {
                return number << shift
            }
        }
        throw MalformedValue("\"\(text)\" is not a number of bytes; write for example 512MiB, 1GiB or 1073741824")
    }

    /// A TCP port; 0 picks one.
    static func port(_ text: String) throws -> Int {
        guard let port = Int(text), (0...65535).contains(port) else {
            throw MalformedValue("\"\(text)\" is not a port from 0 to 65535")
        }
        return port
    }

    /// A base URL: scheme and host, perhaps a path, without user, query and fragment. Ends without a slash.
    static func baseURL(_ text: String) throws -> String {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https",
            let host = url.host, !host.isEmpty, url.query == nil, url.fragment == nil, url.user == nil,
            url.password == nil
        else {
            // Not quoted: there may be a password in it.
            throw MalformedValue("it is not a base URL; write for example https://ringbridge.example.com")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    /// One of a fixed set of words.
    static func word<Word: RawRepresentable & CaseIterable>(_ text: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: text.lowercased()) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw MalformedValue("\"\(text)\" is none of: \(words)")
        }
        return word
    }
}
