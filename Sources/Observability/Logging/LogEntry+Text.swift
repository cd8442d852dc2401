import Logging

extension LogEntry {
    /// One line for people: `time LEVEL label: message key=value …`. Control characters are escaped, so that data can
    /// neither start a line of its own nor steer the terminal.
    func textLine() -> [UInt8] {
        var line = rfc3339(microseconds: self.microseconds)
        line += " \(Self.name(of: self.level)) "
        line += Self.masked(self.label)
        line += ": "
        line += Self.masked(self.message)
        if let error = self.error {
            line += " error=" + Self.quoted(Self.masked(error))
        }
        for (key, value) in self.metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(Self.masked(key))="
            line += Self.isSecret(key: key) ? SecretMask.replacement : Self.text(of: value)
        }
        return Self.escaped(line) + [UInt8(ascii: "\n")]
    }

    private static func masked(_ text: String) -> String {
        SecretMask.masked(text)
    }

    private static func name(of level: Logger.Level) -> String {
        let name = level.rawValue.uppercased()
        return name + String(repeating: " ", count: max(0, 8 - name.utf8.count))
    }

    private static func text(of value: Logger.MetadataValue) -> String {
        switch value {
        case _ where value.isSecret:
            SecretMask.replacement
        case .string(let text):
            Self.quoted(Self.masked(text))
        case .stringConvertible(let convertible):
            Self.quoted(Self.masked(convertible.description))
        case .dictionary(let dictionary):
            "{"
                + dictionary.sorted(by: { $0.key < $1.key }).map { key, value in
                    Self.masked(key) + "="
                        + (Self.isSecret(key: key) ? SecretMask.replacement : Self.text(of: value))
                }.joined(separator: " ") + "}"
        case .array(let values):
            "[" + values.map(Self.text(of:)).joined(separator: " ") + "]"
        }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F }
        return isPlain ? text : "\"" + text.replacing("\"", with: "\\\"") + "\""
    }

    /// The C0 and C1 control characters and DEL are written as `\u00xx`.
    private static func escaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0..<0x20, 0x7F..<0xA0:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(contentsOf: hexadecimal(UInt8(truncatingIfNeeded: scalar.value)))
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }
}
