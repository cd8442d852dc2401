import Synchronization

/// A switch between the intake and the database.
final class WriteGate: Sendable {
    private let state = Mutex(false)

    var isClosed: Bool {
        get { self.state.withLock { $0 } }
        set { self.state.withLock { $0 = newValue } }
    }
}
