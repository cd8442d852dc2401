import Synchronization

/// The simulated PBX, typed, for tests and the demo: what is there, what happened, and what shall go wrong.
///
/// Safe to use from any task; each call is one step.
package final class SimulatedPBX: Sendable {
    private let state: Mutex<PBXState>
    private let seed: UInt64
    /// The PBX's own time.
    package let clock: SimulatedClock

    init(seed: UInt64, clock: SimulatedClock) {
        self.seed = seed
        self.clock = clock
        state = Mutex(PBXState(seed: seed))
    }

    /// The PBX's own time, microseconds since 1970-01-01 UTC.
    package var now: Int64 { clock.now }

    /// Puts the PBX's time forward: tokens expire and rate windows pass.
    package func advanceClock(by duration: Duration) {
        clock.advance(by: duration)
    }

    /// Everything as at the start, the clock too, but for the address.
    package func reset() {
        let seed = seed
        state.withLock { state in
            let baseURL = state.baseURL
            state = PBXState(seed: seed)
            state.baseURL = baseURL
        }
        clock.restart()
    }

    /// Reads or changes the state in one step.
    func withState<Result: Sendable, Failure: Error>(
        _ body: (inout sending PBXState) throws(Failure) -> sending Result
    ) throws(Failure) -> Result {
        try state.withLock(body)
    }
}
