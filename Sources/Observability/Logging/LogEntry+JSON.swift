import Logging

extension LogEntry {
    /// One JSON object: `time`, `level`, `logger`, `message`, `error` when there is one, `metadata` with sorted keys.
    func jsonLine() -> [UInt8] {
        var line = JSONLine()
        line.append(literal: #"{"time":"#)
        line.append(string: rfc3339(microseconds: self.microseconds))
        line.append(literal: #","level":"#)
        line.append(string: self.level.rawValue)
        line.append(literal: #","logger":"#)
        line.append(string: self.label)
        line.append(literal: #","message":"#)
        line.append(string: self.message)
        if let error = self.error {
            line.append(literal: #","error":"#)
            line.append(string: error)
        }
        if !self.metadata.isEmpty {
            line.append(literal: #","metadata":"#)
            line.append(dictionary: self.metadata)
        }
        line.append(literal: "}\n")
        return line.bytes
    }
}

/// A JSON text in the making. Every string is masked before it is escaped.
private struct JSONLine {
    private(set) var bytes: [UInt8] = []

    init() {
        self.bytes.reserveCapacity(512)
    }

    mutating func append(literal: String) {
        self.bytes.append(contentsOf: literal.utf8)
    }

    mutating func append(string: String) {
        let text = Array(string.utf8)
        self.bytes.append(UInt8(ascii: "\""))
        for byte in SecretMask.masked(text) ?? text {
            self.append(escaped: byte)
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    mutating func append(dictionary: Logger.Metadata) {
        var separator = UInt8(ascii: "{")
        for (key, value) in dictionary.sorted(by: { $0.key < $1.key }) {
            self.bytes.append(separator)
            self.append(string: key)
            self.bytes.append(UInt8(ascii: ":"))
            if LogEntry.isSecret(key: key) {
                self.append(string: SecretMask.replacement)
            } else {
                self.append(value: value)
            }
            separator = UInt8(ascii: ",")
        }
        if dictionary.isEmpty {
            self.bytes.append(separator)
        }
        self.bytes.append(UInt8(ascii: "}"))
    }

    private mutating func append(value: Logger.MetadataValue) {
        switch value {
        case _ where value.isSecret:
            self.append(string: SecretMask.replacement)
        case .string(let text):
            self.append(string: text)
        case .stringConvertible(let convertible):
            self.append(string: convertible.description)
        case .dictionary(let dictionary):
            self.append(dictionary: dictionary)
        case .array(let values):
            self.append(array: values)
        }
    }

    private mutating func append(array: [Logger.MetadataValue]) {
        self.bytes.append(UInt8(ascii: "["))
        for (index, value) in array.enumerated() {
            if index > 0 {
                self.bytes.append(UInt8(ascii: ","))
            }
            self.append(value: value)
        }
        self.bytes.append(UInt8(ascii: "]"))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.append(literal: #"\""#)
        case UInt8(ascii: "\\"): self.append(literal: #"\\"#)
        case UInt8(ascii: "\n"): self.append(literal: #"\n"#)
        case UInt8(ascii: "\r"): self.append(literal: #"\r"#)
        case UInt8(ascii: "\t"): self.append(literal: #"\t"#)
        case 0..<0x20:
            self.append(literal: #"\u00"#)
            self.bytes.append(contentsOf: hexadecimal(byte))
        default:
            self.bytes.append(byte)
        }
    }
}
