/// How log lines look: `LOG_FORMAT` of the configuration.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Text when standard error is a terminal, JSON otherwise.
    case auto
    /// One readable line an entry.
    case text
    /// One JSON object a line.
    case json

    /// The form of the lines once it is known where they go.
    ///
    /// - Parameter isTerminal: whether the lines go to a terminal.
    /// - Returns: the form that `auto` stands for there; the others are their own.
    func style(isTerminal: Bool) -> LogStyle {
        switch self {
        case .auto: isTerminal ? .text : .json
        case .text: .text
        case .json: .json
        }
    }
}

/// The form of a log line.
enum LogStyle: Sendable {
    case text
    case json
}
