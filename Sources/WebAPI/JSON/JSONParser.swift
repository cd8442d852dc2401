/// Reads a JSON document (RFC 8259) strictly: UTF-8, one value, no member twice in an object, at most 32 levels deep.
struct JSONParser {
    /// The bytes are no JSON document.
    struct Malformed: Error, Hashable, Sendable {
        /// Where the reader stopped, in bytes from the beginning.
        var offset: Int
    }

    private static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads a whole document.
    ///
    /// - Throws: ``Malformed`` with the place.
    static func parse(_ bytes: [UInt8]) throws(Malformed) -> JSONValue {
        var parser = JSONParser(bytes)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.malformed }
        return value
    }

    private var malformed: Malformed { Malformed(offset: self.position) }
    private var next: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    private mutating func skipSpace() {
        while let byte = self.next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            self.position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard self.next == byte else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ text: StaticString, as value: JSONValue) throws(Malformed) -> JSONValue {
        for byte in text.description.utf8 {
            guard self.take(byte) else { throw self.malformed }
        }
        return value
    }

    private mutating func value(depth: Int) throws(Malformed) -> JSONValue {
        guard depth < Self.maximumDepth, let byte = self.next else { throw self.malformed }
        switch byte {
        case UInt8(ascii: "{"): return try self.object(depth: depth)
        case UInt8(ascii: "["): return try self.array(depth: depth)
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.expect("true", as: .bool(true))
        case UInt8(ascii: "f"): return try self.expect("false", as: .bool(false))
        case UInt8(ascii: "n"): return try self.expect("null", as: .null)
        default: return try self.number()
        }
    }

    private mutating func object(depth: Int) throws(Malformed) -> JSONValue {
        self.position += 1
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        self.skipSpace()
        if self.take(UInt8(ascii: "}")) {
            return .object([])
        }
        while true {
            self.skipSpace()
            guard self.next == UInt8(ascii: "\"") else { throw self.malformed }
            let name = try self.string()
            guard names.insert(name).inserted else { throw self.malformed }
            self.skipSpace()
            guard self.take(UInt8(ascii: ":")) else { throw self.malformed }
            self.skipSpace()
            members.append(JSONValue.Member(name: name, value: try self.value(depth: depth + 1)))
            self.skipSpace()
            if self.take(UInt8(ascii: "}")) {
                return .object(members)
            }
            guard self.take(UInt8(ascii: ",")) else { throw self.malformed }
        }
    }

    private mutating func array(depth: Int) throws(Malformed) -> JSONValue {
        self.position += 1
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.take(UInt8(ascii: "]")) {
            return .array([])
        }
        while true {
            self.skipSpace()
            elements.append(try self.value(depth: depth + 1))
            self.skipSpace()
            if self.take(UInt8(ascii: "]")) {
                return .array(elements)
            }
            guard self.take(UInt8(ascii: ",")) else { throw self.malformed }
        }
    }

    private mutating func string() throws(Malformed) -> String {
        self.position += 1
        var text: [UInt8] = []
        while let byte = self.next {
            switch byte {
            case UInt8(ascii: "\""):
                self.position += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw self.malformed }
                return string
            case UInt8(ascii: "\\"):
                self.position += 1
                try self.escape(into: &text)
            case 0..<0x20:
                throw self.malformed
            default:
                text.append(byte)
                self.position += 1
            }
        }
        throw self.malformed
    }

    private mutating func escape(into text: inout [UInt8]) throws(Malformed) {
        guard let byte = self.next else { throw self.malformed }
        self.position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try self.scalar())).utf8)
        default: throw self.malformed
        }
    }

    /// The scalar after `\u`, of a surrogate pair together with its second half.
    private mutating func scalar() throws(Malformed) -> Unicode.Scalar {
        let first = try self.codeUnit()
        guard (0xD800...0xDBFF).contains(first) else {
            guard let scalar = Unicode.Scalar(first) else { throw self.malformed }
            return scalar
        }
        guard self.take(UInt8(ascii: "\\")), self.take(UInt8(ascii: "u")) else { throw self.malformed }
        let second = try self.codeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw self.malformed }
        return scalar
    }

    private mutating func codeUnit() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = self.next, let digit = byte.hexadecimalDigit else { throw self.malformed }
            unit = unit << 4 | UInt32(digit)
            self.position += 1
        }
        return unit
    }

    private mutating func number() throws(Malformed) -> JSONValue {
        let start = self.position
        _ = self.take(UInt8(ascii: "-"))
        let firstDigit = self.next
        guard try self.digits() == 1 || firstDigit != UInt8(ascii: "0") else { throw self.malformed }
        var isInteger = true
        if self.take(UInt8(ascii: ".")) {
            isInteger = false
            _ = try self.digits()
        }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            isInteger = false
            if !self.take(UInt8(ascii: "+")) {
                _ = self.take(UInt8(ascii: "-"))
            }
            _ = try self.digits()
        }
        let text = String(decoding: self.bytes[start..<self.position], as: UTF8.self)
        if isInteger, let integer = Int64(text) {
            return .integer(integer)
        }
        guard let number = Double(text), number.isFinite else { throw self.malformed }
        return .number(number)
    }

    /// Passes over digits, at least one, and says how many.
    private mutating func digits() throws(Malformed) -> Int {
        let start = self.position
        while let byte = self.next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            self.position += 1
        }
        guard self.position > start else { throw self.malformed }
        return self.position - start
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in either case; nil for other bytes.
    var hexadecimalDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
