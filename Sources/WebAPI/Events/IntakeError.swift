/// Why an event could not be made durable. The sender may send it again.
package enum IntakeError: Error, Hashable, Sendable {
    /// The database is away.
    case unavailable
    /// Too many events wait.
    case full
    /// The process is ending.
    case shuttingDown
}
