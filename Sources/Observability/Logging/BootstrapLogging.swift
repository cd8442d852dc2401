import Glibc
package import Logging

/// Makes every `Logger` of the process write to standard error, with secrets masked. To be called once, before the
/// first logger is made: swift-log stops the process at a second call.
///
/// - Parameters:
///   - level: the least severe level that is written.
///   - format: the form of the lines.
package func bootstrapLogging(level: Logger.Level, format: LogFormat) {
    let style = format.style(isTerminal: isatty(STDERR_FILENO) == 1)
    let output = LogOutput.standardError
    LoggingSystem.bootstrap { label in
        LineLogHandler(label: label, level: level, style: style, output: output)
    }
}
