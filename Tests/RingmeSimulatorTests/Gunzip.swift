import Foundation
import Testing

/// Unpacks what the simulator packed.
enum Gunzip {
    /// The bytes of a member that has stored blocks only, unchecked: cheap enough for every answer.
    static func storedBytes(of member: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        var rest = member.dropFirst(10)
        var isLast = false
        while !isLast {
            let head = Array(rest.prefix(5))
            try #require(head.count == 5)
            isLast = head[0] == 1
            let length = Int(head[1]) | Int(head[2]) << 8
            output += rest.dropFirst(5).prefix(length)
            rest = rest.dropFirst(5 + length)
        }
        return output
    }

    /// The bytes as the system's own gzip has them, which checks everything; nil when it finds something wrong.
    static func unpack(_ bytes: [UInt8]) throws -> [UInt8]? {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).gz")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let unpacked = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? Array(unpacked) : nil
    }
}
