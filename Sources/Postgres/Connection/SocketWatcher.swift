import Dispatch
import Glibc

/// Calls back on a queue when a socket is readable, and, while asked for, writable.
///
/// It watches a duplicate of the descriptor, which it closes itself: so libpq may close its own at any moment, while
/// the queue still lets go of the sources.
final class SocketWatcher {
    private let readable: any DispatchSourceRead
    private let writable: any DispatchSourceWrite
    private var isWatchingWrites = false

    /// Nil when the process has no descriptor left.
    init?(
        socket: Int32,
        queue: DispatchQueue,
        onReadable: @escaping @Sendable () -> Void,
        onWritable: @escaping @Sendable () -> Void
    ) {
        let reading = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard reading >= 0 else {
            return nil
        }
        let writing = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard writing >= 0 else {
            _ = Glibc.close(reading)
            return nil
        }
        self.readable = DispatchSource.makeReadSource(fileDescriptor: reading, queue: queue)
        self.writable = DispatchSource.makeWriteSource(fileDescriptor: writing, queue: queue)
        self.readable.setEventHandler(handler: onReadable)
        self.writable.setEventHandler(handler: onWritable)
        self.readable.setCancelHandler { _ = Glibc.close(reading) }
        self.writable.setCancelHandler { _ = Glibc.close(writing) }
        self.readable.resume()
    }

    deinit {
        self.readable.cancel()
        self.writable.cancel()
        // A suspended source may not be released, and does not call its cancel handler.
        if !self.isWatchingWrites {
            self.writable.resume()
        }
    }

    /// Whether to call back when the socket is writable.
    func watchWrites(_ isWanted: Bool) {
        guard isWanted != self.isWatchingWrites else {
            return
        }
        self.isWatchingWrites = isWanted
        if isWanted {
            self.writable.resume()
        } else {
            self.writable.suspend()
        }
    }
}
