import Glibc
import SystemPackage

/// Keeps other processes out of a directory while it lives; the kernel gives it back however the process ends.
final class DirectoryLock {
    private let descriptor: FileDescriptor

    /// Nil when another one has it.
    init?(_ path: FilePath) throws {
        self.descriptor = try FileDescriptor.open(
            path,
            .readWrite,
            options: [.create, .closeOnExec],
            permissions: .ownerReadWrite
        )
        guard flock(self.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? self.descriptor.close()
            return nil
        }
    }

    deinit {
        try? self.descriptor.close()
    }
}
