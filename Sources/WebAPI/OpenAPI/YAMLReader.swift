/// Reads the part of YAML that `config/openapi.yaml` keeps to, and refuses what is beyond it. What it reads means the same to
/// every YAML parser.
///
/// Mappings and sequences in block style, literal texts (`|`), plain texts on one line, comments on lines of their own, and
/// JSON on one line: quoted texts, numbers, `{…}` and `[…]`.
struct YAMLReader {
    /// The text is not of that part of YAML.
    struct Malformed: Error, Hashable, Sendable {
        /// From 1.
        var line: Int
    }

    private struct Line {
        var indent: Int
        var text: Substring
    }

    private var lines: [Substring]
    private var index = 0

    private init(_ text: String) {
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Reads a whole document.
    ///
    /// - Throws: ``Malformed`` with the place.
    static func read(_ bytes: [UInt8]) throws(Malformed) -> JSONValue {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Malformed(line: 1) }
        var reader = YAMLReader(text)
        let value = try reader.block(at: 0)
        guard reader.next() == nil else { throw reader.malformed }
        return value
    }

    private var malformed: Malformed { Malformed(line: min(self.index, self.lines.count - 1) + 1) }

    /// The next line that says something.
    private mutating func next() -> Line? {
        while self.index < self.lines.count {
            let text = self.lines[self.index].drop { $0 == " " }
            if !text.isEmpty, text.first != "#" {
                return Line(indent: self.lines[self.index].count - text.count, text: text)
            }
            self.index += 1
        }
        return nil
    }

    private mutating func block(at indent: Int) throws(Malformed) -> JSONValue {
        guard let line = self.next() else { throw self.malformed }
        return line.text.hasPrefix("- ") ? try self.sequence(at: indent) : try self.mapping(at: indent)
    }

    private mutating func mapping(at indent: Int) throws(Malformed) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<String> = []
        while let line = self.next(), line.indent >= indent {
            guard line.indent == indent, let entry = Self.entry(line.text), names.insert(entry.name).inserted else {
                throw self.malformed
            }
            let value = try self.value(entry.rest, below: indent)
            members.append(JSONValue.Member(name: entry.name, value: value))
        }
        return .object(members)
    }

    private mutating func sequence(at indent: Int) throws(Malformed) -> JSONValue {
        var elements: [JSONValue] = []
        while let line = self.next(), line.indent >= indent {
            guard line.indent == indent, line.text.hasPrefix("- ") else { throw self.malformed }
            let element = line.text.dropFirst(2)
            if Self.entry(element) != nil {
                // A mapping that begins behind the dash.
                self.lines[self.index] = String(repeating: " ", count: indent + 2) + element
                elements.append(try self.mapping(at: indent + 2))
            } else {
                elements.append(try self.scalar(element))
            }
        }
        return .array(elements)
    }

    /// What stands behind a name, or on the lines below it.
    private mutating func value(_ rest: Substring, below indent: Int) throws(Malformed) -> JSONValue {
        guard rest.isEmpty || rest == "|" else { return try self.scalar(rest) }
        self.index += 1
        if rest == "|" {
            return .string(try self.literal(below: indent))
        }
        guard let line = self.next(), line.indent > indent else { throw self.malformed }
        return try self.block(at: line.indent)
    }

    /// A text of several lines, less their indent; it ends with one line feed.
    private mutating func literal(below indent: Int) throws(Malformed) -> String {
        var lines: [Substring] = []
        var margin: Int?
        while self.index < self.lines.count {
            let line = self.lines[self.index]
            let depth = line.prefix { $0 == " " }.count
            guard depth > indent || depth == line.count else { break }
            if depth < line.count {
                margin = margin ?? depth
            }
            guard depth >= margin ?? 0 || depth == line.count else { throw self.malformed }
            lines.append(line.dropFirst(margin ?? line.count))
            self.index += 1
        }
        while lines.last?.isEmpty == true {
            lines.removeLast()
        }
        guard lines.first?.isEmpty == false else { throw self.malformed }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A value on one line, with which the line ends.
    private mutating func scalar(_ text: Substring) throws(Malformed) -> JSONValue {
        let malformed = self.malformed
        self.index += 1
        if let json = try? JSONParser.parse(Array(text.utf8)) {
            return json
        }
        guard Self.beginsPlainly(text), !text.contains(": "), !text.contains(" #"), text.last != ":", text.last != " "
        else { throw malformed }
        return .string(String(text))
    }

    /// Name and rest of `name: rest` or `name:`; nil for other texts.
    private static func entry(_ text: Substring) -> (name: String, rest: Substring)? {
        let isQuoted = text.first == "\""
        guard isQuoted || Self.beginsPlainly(text) else { return nil }
        let quote = isQuoted ? text.dropFirst().firstIndex(of: "\"") : nil
        let end = isQuoted ? quote.map { text.index(after: $0) } : text.firstIndex(of: ":")
        guard let end, end < text.endIndex, text[end] == ":" else { return nil }
        let name = isQuoted ? text[..<end].dropFirst().dropLast() : text[..<end]
        let rest = text[end...].dropFirst()
        guard !name.isEmpty, !name.contains("\\"), rest.isEmpty || rest.hasPrefix(" ") else { return nil }
        return (String(name), rest.dropFirst())
    }

    /// No indicator of YAML begins like that.
    private static func beginsPlainly(_ text: Substring) -> Bool {
        text.first.map { $0.isLetter || $0.isNumber || "/$^<(".contains($0) } ?? false
    }
}
