/// Why the spool could not do what was asked.
package enum SpoolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It holds as many bytes as it may, or the disk has no room.
    case full
    /// Another process works in the directory.
    case inUse(directory: String)
    /// The directory or the file cannot be used, and why.
    case unusable(directory: String, reason: String)

    package var description: String {
        switch self {
        case .full:
            "the spool is full"
        case .inUse(let directory):
            "another process uses the spool in \(directory); every process needs a directory of its own: set SPOOL_DIR"
        case .unusable(let directory, let reason):
            "the spool in \(directory) cannot be used: \(reason); make SPOOL_DIR a directory that this user may write"
        }
    }
}
