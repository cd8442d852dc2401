import Foundation
import RingmeSimulator
import ServiceLifecycle

/// Says on standard output where the simulator listens, once, for whoever started it and waits for that line.
struct AddressAnnouncer: Service {
    let simulator: RingmeSimulator

    func run() async throws {
        let address = try await simulator.baseURL()
        try FileHandle.standardOutput.write(contentsOf: Data("listening on \(address)\n".utf8))
        try await gracefulShutdown()
    }
}
