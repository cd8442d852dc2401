import AsyncHTTPClient
package import Logging
package import RingmeSimulator
import ServiceLifecycle

/// A simulated PBX on loopback with the standard client, whose application is `app` / `secret`.
package struct PBXFixture: Sendable {
    package let simulator: RingmeSimulator
    /// The URL of the simulated PBX.
    package let url: String

    package var pbx: SimulatedPBX { self.simulator.state }

    /// Runs `body` while the simulator listens and lives by `clock`, real time unless the test has its own.
    package static func with<Value: Sendable>(
        clock: SimulatedClock = SimulatedClock(),
        logger: Logger = Logger(label: "test.simulator"),
        _ body: (PBXFixture) async throws -> Value
    ) async throws -> Value {
        let simulator = RingmeSimulator(configuration: SimulatorConfiguration(clock: clock), logger: logger)
        try simulator.state.seedStandardClient(appID: "app", appSecret: "secret")
        return try await withService(simulator, logger: logger) {
            try await body(PBXFixture(simulator: simulator, url: try await simulator.baseURL()))
        }
    }
}
