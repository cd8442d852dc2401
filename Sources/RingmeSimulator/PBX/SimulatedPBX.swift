import Synchronization

/// The simulated PBX, typed, for tests and the demo: what is there, what happened, and what shall go wrong.
///
/// Safe to use from any task; each call is one step.
package final class SimulatedPBX: Sendable {
    private let state: Mutex<PBXState>
    private let seed: UInt64
    private let clock: @Sendable () -> Int64
    /// How far the clock has been put forward, in microseconds.
    private let clockOffset = Mutex<Int64>(0)

    init(seed: UInt64, clock: @escaping @Sendable () -> Int64) {
        self.seed = seed
        self.clock = clock
        state = Mutex(PBXState(seed: seed))
    }

    /// The PBX's own time: microseconds since 1970-01-01 UTC, with what ``advanceClock(by:)`` added.
    package var now: Int64 { clock() + clockOffset.withLock { $0 } }

    /// Real time, which events carry whatever ``advanceClock(by:)`` did.
    var eventTime: Int64 { clock() }

    /// Puts the PBX's time forward: tokens expire and rate windows pass.
    package func advanceClock(by duration: Duration) {
        clockOffset.withLock { $0 += duration.microseconds }
    }

    /// Everything as at the start, but for the address.
    package func reset() {
        let seed = seed
        state.withLock { state in
            let baseURL = state.baseURL
            state = PBXState(seed: seed)
            state.baseURL = baseURL
        }
        clockOffset.withLock { $0 = 0 }
    }

    /// Reads or changes the state in one step.
    func withState<Result: Sendable, Failure: Error>(
        _ body: (inout sending PBXState) throws(Failure) -> sending Result
    ) throws(Failure) -> Result {
        try state.withLock(body)
    }
}
