import Configuration

/// Reads values one by one and collects what is wrong with them, so that a start reports all problems at once.
///
/// The reader's own typed methods fall back to the default on a malformed value; these never do.
struct ConfigurationValues {
    private let reader: ConfigReader
    /// One sentence a problem, each naming its variable; never with the value of a secret.
    private(set) var problems: [String] = []

    init(reader: ConfigReader) {
        self.reader = reader
    }

    /// The text of a variable; nil when it is not set, or empty.
    func text(_ name: String) -> String? {
        let key = ConfigKey([name])
        let isSecret = ConfigurationSource.secretKeys.contains(name)
        let text =
            self.reader.string(forKey: key, isSecret: isSecret)
            ?? self.reader.int(forKey: key, isSecret: isSecret).map { String($0) }
        return text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A variable that has a default.
    mutating func value<Value>(_ name: String, default fallback: Value, _ parse: (String) throws -> Value) -> Value {
        self.optional(name, parse) ?? fallback
    }

    /// A variable that may be missing.
    mutating func optional<Value>(_ name: String, _ parse: (String) throws -> Value) -> Value? {
        guard let text = self.text(name) else { return nil }
        do {
            return try parse(text)
        } catch {
            self.problems.append("\(name): \(error)")
            return nil
        }
    }

    /// A variable that must be there; nil when it is not or is malformed, which is then among the problems.
    mutating func required<Value>(_ name: String, _ hint: String, _ parse: (String) throws -> Value) -> Value? {
        guard self.text(name) != nil else {
            self.problems.append("\(name) is required: \(hint)")
            return nil
        }
        return self.optional(name, parse)
    }

    /// Notes a problem that concerns `name`.
    mutating func note(_ name: String, _ problem: String) {
        self.problems.append("\(name): \(problem)")
    }
}

/// What is wrong with a configuration, all of it.
struct ConfigurationError: Error, CustomStringConvertible {
    var problems: [String]

    var description: String {
        "the configuration has \(self.problems.count) problem(s):\n"
            + self.problems.map { "  - \($0)" }.joined(separator: "\n")
    }
}

/// What is wrong with one value. Says what is expected; holds no value of a secret.
struct MalformedValue: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
