/// JSON objects whose members are text, numbers and truth values: the form in which fields are stored, and one in which
/// a webhook may come. Members that are null, arrays or objects are passed over.
enum FlatJSONObject {
    /// The object as compact JSON in UTF-8, members in the given order.
    static func bytes(of members: [(name: String, value: String)]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (index, member) in members.enumerated() {
            if index > 0 {
                bytes.append(UInt8(ascii: ","))
            }
            appendString(member.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            appendString(member.value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The members in the order of the text, numbers and truth values as they are written; nil unless the bytes are one
    /// JSON object and nothing else.
    static func members(of bytes: [UInt8]) -> [(String, String)]? {
        var reader = FlatJSONReader(bytes: bytes)
        return reader.object()
    }

    private static func appendString(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 0xF)])
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

private struct FlatJSONReader {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func object() -> [(String, String)]? {
        self.skipSpace()
        guard self.take("{") else {
            return nil
        }
        var members: [(String, String)] = []
        self.skipSpace()
        if !self.take("}") {
            repeat {
                self.skipSpace()
                guard let name = self.string() else {
                    return nil
                }
                self.skipSpace()
                guard self.take(":"), let value = self.value(depth: 0) else {
                    return nil
                }
                if case .text(let text) = value {
                    members.append((name, text))
                }
                self.skipSpace()
            } while self.take(",")
            guard self.take("}") else {
                return nil
            }
        }
        self.skipSpace()
        return self.position == self.bytes.count ? members : nil
    }

    private enum Value {
        case text(String)
        case passedOver
    }

    private mutating func value(depth: Int) -> Value? {
        // A bound, because the text may come from anybody who knows an event URL.
        guard depth < 32 else {
            return nil
        }
        self.skipSpace()
        switch self.current {
        case UInt8(ascii: "\""):
            return self.string().map { .text($0) }
        case UInt8(ascii: "{"):
            return self.container(closedBy: "}", depth: depth, isObject: true)
        case UInt8(ascii: "["):
            return self.container(closedBy: "]", depth: depth, isObject: false)
        default:
            return self.word()
        }
    }

    private mutating func container(closedBy end: Unicode.Scalar, depth: Int, isObject: Bool) -> Value? {
        self.position += 1
        self.skipSpace()
        if self.take(end) {
            return .passedOver
        }
        repeat {
            if isObject {
                self.skipSpace()
                guard self.string() != nil else {
                    return nil
                }
                self.skipSpace()
                guard self.take(":") else {
                    return nil
                }
            }
            guard self.value(depth: depth + 1) != nil else {
                return nil
            }
            self.skipSpace()
        } while self.take(",")
        return self.take(end) ? .passedOver : nil
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() -> Value? {
        let start = self.position
        while let byte = self.current, byte.isJSONWordByte {
            self.position += 1
        }
        let word = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        switch word {
        case "null":
            return .passedOver
        case "true", "false":
            return .text(word)
        default:
            return Double(word) == nil ? nil : .text(word)
        }
    }

    private mutating func string() -> String? {
        guard self.take("\"") else {
            return nil
        }
        var content: [UInt8] = []
        while let byte = self.current {
            self.position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return receivedText(content)
            case UInt8(ascii: "\\"):
                guard let scalar = self.escape() else {
                    return nil
                }
                content.append(contentsOf: String(Character(scalar)).utf8)
            default:
                content.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = self.current else {
            return nil
        }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return self.unicodeEscape()
        default: return nil
        }
    }

    /// What follows `\u`; half of a surrogate pair becomes the replacement character.
    private mutating func unicodeEscape() -> Unicode.Scalar? {
        guard let first = self.hexUnit() else {
            return nil
        }
        guard (0xD800...0xDBFF).contains(first) else {
            return Unicode.Scalar(first) ?? "\u{FFFD}"
        }
        let start = self.position
        guard self.take("\\"), self.take("u"), let second = self.hexUnit(), (0xDC00...0xDFFF).contains(second) else {
            self.position = start
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hexUnit() -> UInt32? {
        guard self.position + 4 <= self.bytes.count else {
            return nil
        }
        var value: UInt32 = 0
        for byte in self.bytes[self.position..<self.position + 4] {
            guard let digit = byte.hexDigitValue else {
                return nil
            }
            value = value << 4 | UInt32(digit)
        }
        self.position += 4
        return value
    }

    private var current: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard let byte = self.current, UInt32(byte) == scalar.value else {
            return false
        }
        self.position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = self.current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            self.position += 1
        }
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit, nil for any other byte.
    var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    fileprivate var isJSONWordByte: Bool {
        self.isASCIIDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || self == UInt8(ascii: "E") || self == UInt8(ascii: "+") || self == UInt8(ascii: "-")
            || self == UInt8(ascii: ".")
    }
}
