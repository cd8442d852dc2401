import FoundationEssentials
import Synchronization

/// The one time of a simulated PBX: token expiry, rate windows, events and the call history follow it.
///
/// It runs with real time, or stands still until it is told to move; both can be set and advanced. A test gives the same
/// clock to the simulator and to what it tests.
package final class SimulatedClock: Sendable {
    private let base: @Sendable () -> Int64
    /// What is added to the base, in microseconds.
    private let offset = Mutex<Int64>(0)

    /// A clock that runs with real time.
    package init() {
        base = { Int64(Date().timeIntervalSince1970 * 1_000_000) }
    }

    /// A clock that stands still at `instant`, microseconds since 1970-01-01 UTC.
    package init(standingAt instant: Int64) {
        base = { instant }
    }

    /// Microseconds since 1970-01-01 UTC.
    package var now: Int64 { base() + offset.withLock { $0 } }

    /// Puts the clock to `instant`, microseconds since 1970-01-01 UTC; it runs or stands as before.
    package func set(to instant: Int64) {
        offset.withLock { $0 = instant - base() }
    }

    /// Puts the clock forward.
    package func advance(by duration: Duration) {
        offset.withLock { $0 += duration.microseconds }
    }

    /// Puts the clock to where it would be if nobody had set or advanced it.
    func restart() {
        offset.withLock { $0 = 0 }
    }
}
