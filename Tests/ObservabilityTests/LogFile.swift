import Foundation

@testable import Observability

/// A file that a log goes to, read back as lines.
struct LogFile {
    let output: LogOutput
    private let url: URL

    init() throws {
        self.url = FileManager.default.temporaryDirectory.appendingPathComponent("log-\(UUID().uuidString)")
        try Data().write(to: self.url)
        self.output = LogOutput(try FileHandle(forWritingTo: self.url))
    }

    /// What was written, which must be whole lines; the file is then removed.
    func lines() throws -> [String] {
        defer { try? FileManager.default.removeItem(at: self.url) }
        let text = String(decoding: try Data(contentsOf: self.url), as: UTF8.self)
        guard text.isEmpty || text.hasSuffix("\n") else { throw IncompleteLine() }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    struct IncompleteLine: Error {}
}
