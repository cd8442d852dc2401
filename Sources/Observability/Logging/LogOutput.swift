import Foundation
import Synchronization

/// Where log lines go. A line is handed to the kernel whole, under a lock, so lines never mix.
final class LogOutput: Sendable {
    /// The standard error stream of the process.
    static let standardError = LogOutput(FileHandle.standardError)

    private let handle: Mutex<FileHandle>

    /// An output that writes to an open file.
    ///
    /// - Parameter handle: the file, which stays open as long as the output lives.
    init(_ handle: FileHandle) {
        self.handle = Mutex(handle)
    }

    /// Writes one line.
    ///
    /// - Parameter line: the bytes of the line, with its newline.
    func write(_ line: [UInt8]) {
        self.handle.withLock { handle in
            // A log that cannot be written has nowhere to say so, and may not stop the service.
            try? handle.write(contentsOf: Data(line))
        }
    }
}
