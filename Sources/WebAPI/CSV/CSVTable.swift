import Telephony

/// A table as spreadsheets save it: a header and rows of comma-separated values (RFC 4180), read strictly.
///
/// Comma or semicolon, told from the header; lines end with LF, CRLF or CR. The encoding is UTF-8, or windows-1251 when it is not
/// that, as Excel writes in Russia. Lines without any value are left out.
struct CSVTable: Sendable {
    /// The values of one row.
    struct Row: Hashable, Sendable {
        /// Where the row begins in the file, counted from 1.
        var line: Int
        var values: [String]
    }

    /// Nil when nothing is in the file.
    let header: Row?
    let rows: [Row]

    /// Why a file cannot be read.
    enum Failure: Error, Hashable, Sendable {
        /// Neither UTF-8 nor windows-1251: UTF-16, a file that says it is UTF-8 and is not, or no text at all.
        case notText
        /// A spreadsheet's own file.
        case workbook
        case tooManyLines
        /// A quote that is never closed; where it was opened.
        case unclosedQuote(line: Int)
        /// A quote inside a value that has none around it, or something after the closing quote.
        case strayQuote(line: Int)
    }

    /// `maximumLines`: lines of the file, the header and empty ones too.
    init(_ bytes: [UInt8], maximumLines: Int) throws(Failure) {
        var reader = CSVReader(try Self.text(bytes), maximumLines: maximumLines)
        var rows: [Row] = []
        while let row = try reader.next() {
            rows.append(row)
        }
        self.header = rows.first
        self.rows = Array(rows.dropFirst())
    }

    private static func text(_ bytes: [UInt8]) throws(Failure) -> String {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            throw .workbook
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.contains(0) {
            throw .notText
        }
        if bytes.starts(with: mark) {
            guard let text = String(validating: bytes.dropFirst(mark.count), as: UTF8.self) else { throw .notText }
            return text
        }
        let text = receivedText(bytes)
        // The one byte that windows-1251 has no character for.
        guard !text.unicodeScalars.contains("\u{98}") else { throw .notText }
        return text
    }
}

/// Reads row after row.
private struct CSVReader {
    private var rest: Substring.UnicodeScalarView
    private let maximumLines: Int
    /// Of what comes next.
    private var line = 1
    /// Nil until the header has been read.
    private var delimiter: Unicode.Scalar?

    init(_ text: String, maximumLines: Int) {
        self.rest = text[...].unicodeScalars
        self.maximumLines = maximumLines
    }

    /// The next row that has a value; nil at the end.
    mutating func next() throws(CSVTable.Failure) -> CSVTable.Row? {
        while !self.rest.isEmpty {
            guard self.line <= self.maximumLines else { throw .tooManyLines }
            let row = try self.row()
            if row.values.contains(where: { !$0.isEmpty }) {
                return row
            }
        }
        return nil
    }

    private mutating func row() throws(CSVTable.Failure) -> CSVTable.Row {
        var row = CSVTable.Row(line: self.line, values: [])
        let delimiter = self.delimiter ?? self.delimiterOfLine()
        while true {
            row.values.append(try self.value(before: delimiter))
            guard let next = self.rest.popFirst() else { break }
            if next != delimiter {
                self.endLine(next)
                break
            }
        }
        if row.values.contains(where: { !$0.isEmpty }) {
            self.delimiter = delimiter
        }
        return row
    }

    /// A semicolon when the line has one outside of quotes.
    private func delimiterOfLine() -> Unicode.Scalar {
        var isQuoted = false
        for scalar in self.rest {
            if scalar == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, scalar == ";" {
                return ";"
            } else if !isQuoted, scalar.isLineEnd {
                break
            }
        }
        return ","
    }

    /// Reads up to the delimiter or the end of the line, which stay.
    private mutating func value(before delimiter: Unicode.Scalar) throws(CSVTable.Failure) -> String {
        guard self.rest.first == "\"" else {
            let value = self.rest.prefix { $0 != delimiter && !$0.isLineEnd }
            guard !value.contains("\"") else { throw .strayQuote(line: self.line) }
            self.rest = self.rest[value.endIndex...]
            return String(value).trimmedOfSpace
        }
        self.rest.removeFirst()
        let start = self.line
        var value = String.UnicodeScalarView()
        while let scalar = self.rest.popFirst() {
            if scalar != "\"" {
                value.append(scalar)
                if scalar.isLineEnd, !(scalar == "\r" && self.rest.first == "\n") {
                    self.line += 1
                }
            } else if self.rest.first == "\"" {
                value.append(self.rest.removeFirst())
            } else {
                guard self.rest.first.map({ $0 == delimiter || $0.isLineEnd }) ?? true else {
                    throw .strayQuote(line: self.line)
                }
                return String(value).trimmedOfSpace
            }
        }
        throw .unclosedQuote(line: start)
    }

    /// `first`: the line's end, whose line feed may still follow.
    private mutating func endLine(_ first: Unicode.Scalar) {
        if first == "\r", self.rest.first == "\n" {
            self.rest.removeFirst()
        }
        self.line += 1
    }
}

extension Unicode.Scalar {
    fileprivate var isLineEnd: Bool { self == "\n" || self == "\r" }
}

extension String {
    /// Without space around it, which people do not mean; a no-break space too.
    fileprivate var trimmedOfSpace: String {
        let scalars = self.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
