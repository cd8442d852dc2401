package import Logging
import Synchronization

/// Keeps what was logged, and lets a test wait for a line.
package final class LogLines: Sendable {
    private struct State {
        var lines: [String] = []
        var waiters: [(text: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var logger: Logger {
        var logger = Logger(label: "lines") { _ in Handler(lines: self) }
        logger.logLevel = .trace
        return logger
    }

    /// `level message metadata` of each.
    package var all: [String] { self.state.withLock { $0.lines } }

    /// Waits until a line with this text is there.
    package func wait(for text: String) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                guard !state.lines.contains(where: { $0.contains(text) }) else {
                    return true
                }
                state.waiters.append((text, continuation))
                return false
            }
            if isThere {
                continuation.resume()
            }
        }
    }

    /// Starts with no lines again.
    package func forget() {
        self.state.withLock { $0.lines = [] }
    }

    fileprivate func append(_ line: String) {
        let ready = self.state.withLock { state in
            state.lines.append(line)
            let ready = state.waiters.filter { line.contains($0.text) }
            state.waiters.removeAll { line.contains($0.text) }
            return ready
        }
        for waiter in ready {
            waiter.continuation.resume()
        }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        init(lines: LogLines) {
            self.lines = lines
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.lines.append("\(event.level) \(event.message) \(event.metadata ?? [:])")
        }
    }
}
