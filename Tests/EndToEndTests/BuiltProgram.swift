import Foundation

/// A built program of this package, run as a process of its own: output lines on standard output can be waited for, standard
/// error goes into a file.
final class BuiltProgram: Sendable {
    /// Ended by its process id, with the signal that the test wants.
    let processID: Int32
    /// Everything the program wrote to standard error.
    let errorFile: URL
    private let lines: AsyncStream<String>
    private let ended: AsyncStream<Int32>

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The folder of the built programs: where the test bundle lies.
    static let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

    /// Starts a program of this package.
    convenience init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        try self.init(executable: Self.folder.appending(path: name), arguments, environment: environment)
    }

    /// Starts a program or script.
    init(executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        var variables = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        variables.merge(environment) { _, new in new }
        process.environment = variables
        let errorFile = FileManager.default.temporaryDirectory.appending(path: "ringbridge-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        let (lines, lineSink) = AsyncStream.makeStream(of: String.self)
        let reading = output.fileHandleForReading
        // A thread of its own, and not the handle's readability handler: that one is still being taken down when the handle
        // closes its descriptor, which brings Dispatch down when programs come and go quickly.
        Thread.detachNewThread {
            var splitter = LineSplitter()
            var data = Data()
            repeat {
                data = reading.availableData
                for line in splitter.lines(of: data) {
                    lineSink.yield(line)
                }
            } while !data.isEmpty
            lineSink.finish()
        }
        let (ended, endSink) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            endSink.yield(process.terminationStatus)
            endSink.finish()
        }
        try process.run()
        self.processID = process.processIdentifier
        self.errorFile = errorFile
        self.lines = lines
        self.ended = ended
    }

    deinit {
        try? FileManager.default.removeItem(at: self.errorFile)
    }

    /// Everything written to standard error so far.
    var log: String { (try? String(contentsOf: self.errorFile, encoding: .utf8)) ?? "" }

    /// The rest of the first line of standard output that begins with `prefix`.
    func line(beginning prefix: String) async throws -> String {
        for await line in self.lines where line.hasPrefix(prefix) {
            return String(line.dropFirst(prefix.count)).trimmingCharacters(in: .whitespaces)
        }
        throw Failure(description: "the program ended before it wrote \"\(prefix)\": \(self.log.suffix(2000))")
    }

    /// All lines of standard output that nobody has read, when the program has closed it.
    func remainingLines() async -> [String] {
        await self.lines.reduce(into: []) { $0.append($1) }
    }

    /// Sends a signal and waits for the end; returns the exit status or signal number.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async -> Int32 {
        kill(self.processID, signal)
        for await status in self.ended { return status }
        return -1
    }

    /// Waits for the end.
    func exitStatus() async -> Int32 {
        for await status in self.ended { return status }
        return -1
    }
}

/// Cuts output into lines, wherever the pipe cuts it.
private struct LineSplitter {
    private var rest = Data()

    /// The lines that `data` completes, without empty ones; no data is the end, which completes the last one.
    mutating func lines(of data: Data) -> [String] {
        self.rest.append(data)
        var lines = self.rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let unfinished = data.isEmpty ? nil : lines.popLast()
        self.rest = unfinished.map { Data($0) } ?? Data()
        return lines.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Runs a script of the repository and returns its standard output.
func runScript(_ path: String, _ arguments: [String], root: URL) throws -> String {
    let process = Process()
    process.executableURL = root.appending(path: path)
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw BuiltProgram.Failure(description: "\(path) \(arguments.joined(separator: " ")) failed")
    }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
