import FoundationEssentials
import Logging

/// Writes each log event as one line: JSON or text. Messages are constants and data is metadata; what is marked as
/// secret is not written, and `SecretMask` hides known forms of secrets wherever they appear.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level

    private let label: String
    private let style: LogStyle
    private let output: LogOutput
    private let clock: @Sendable () -> Int64

    /// A handler for one logger.
    ///
    /// - Parameters:
    ///   - label: the logger's label.
    ///   - level: the least severe level that is written.
    ///   - style: the form of the lines.
    ///   - output: where they go.
    ///   - clock: microseconds since 1970-01-01 UTC.
    init(
        label: String,
        level: Logger.Level,
        style: LogStyle,
        output: LogOutput,
        clock: @escaping @Sendable () -> Int64 = { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)) }
    ) {
        self.label = label
        self.logLevel = level
        self.style = style
        self.output = output
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() {
            metadata.merge(provided) { _, new in new }
        }
        if let own = event.metadata {
            metadata.merge(own) { _, new in new }
        }
        let entry = LogEntry(
            microseconds: self.clock(),
            level: event.level,
            label: self.label,
            message: event.message.description,
            error: event.error.map { "\(type(of: $0)): \($0)" },
            metadata: metadata
        )
        self.output.write(entry.line(self.style))
    }
}
