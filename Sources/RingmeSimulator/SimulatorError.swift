/// Why the simulator could not do what its owner (a test, the demo, the control API) asked.
package struct SimulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of problem; the control API answers 404 to `notFound`, 409 to `conflict`, 503 to `notRunning` and 400 to the rest.
    package enum Code: String, Hashable, Sendable {
        case invalidRequest
        case notFound
        case conflict
        case notRunning
    }

    /// The kind of problem.
    package var code: Code
    /// What was wrong, without any secret.
    package var message: String

    package var description: String { "\(code.rawValue): \(message)" }

    static func invalid(_ message: String) -> SimulatorError { SimulatorError(code: .invalidRequest, message: message) }
    static func notFound(_ message: String) -> SimulatorError { SimulatorError(code: .notFound, message: message) }
    static func conflict(_ message: String) -> SimulatorError { SimulatorError(code: .conflict, message: message) }
    static let notRunning = SimulatorError(code: .notRunning, message: "the simulator does not listen")
}
