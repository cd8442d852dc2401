/// How a simulator listens, delivers and keeps time.
package struct SimulatorConfiguration: Sendable {
    /// The address to listen on.
    package var host: String
    /// The port to listen on; 0 takes a free one (see ``RingmeSimulator/boundPort()``).
    package var port: Int
    /// How many webhook requests may be on their way at one time.
    package var concurrentDeliveries: Int
    /// How long a webhook receiver may take before the delivery counts as failed.
    package var deliveryTimeout: Duration
    /// How often a delivery is tried until it is answered 2xx. The vendor documents no retries, so 1 unless a test wants more.
    package var deliveryAttempts: Int
    /// How many calls may wait for delivery; more are refused.
    package var queuedCalls: Int
    /// Seed of all ids, tokens and call ids; nil takes a random one.
    package var seed: UInt64?
    /// The time of the PBX; real time unless a test moves it.
    package var clock: SimulatedClock

    /// Creates a configuration; every value has a default that suits a test on one machine.
    package init(
        host: String = "127.0.0.1",
        port: Int = 0,
        concurrentDeliveries: Int = 32,
        deliveryTimeout: Duration = .seconds(10),
        deliveryAttempts: Int = 1,
        queuedCalls: Int = 100_000,
        seed: UInt64? = nil,
        clock: SimulatedClock = SimulatedClock()
    ) {
        self.host = host
        self.port = port
        self.concurrentDeliveries = concurrentDeliveries
        self.deliveryTimeout = deliveryTimeout
        self.deliveryAttempts = deliveryAttempts
        self.queuedCalls = queuedCalls
        self.seed = seed
        self.clock = clock
    }
}
