import ArgumentParser
import Foundation
import Logging
import RingmeSimulator
import ServiceLifecycle
import UnixSignals

/// Runs a simulated Ringme PBX until SIGTERM or SIGINT.
@main
struct RingmeSimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringme-simulator",
        abstract: "A stateful Ringme PBX over HTTP for tests and demonstrations.",
        discussion: "Prints one line with its address once it listens.\n\n\(ControlGuide.text)"
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 0

    @Option(help: "Create the standard client with this application id at the start.")
    var seedAppId: String?

    @Option(help: "The application secret of the standard client.")
    var seedAppSecret: String?

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is from 0 to 65535") }
        guard (seedAppId == nil) == (seedAppSecret == nil) else {
            throw ValidationError("--seed-app-id and --seed-app-secret go together")
        }
    }

    func run() async throws {
        var logger = Logger(label: "ringme-simulator") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        let simulator = RingmeSimulator(
            configuration: SimulatorConfiguration(host: host, port: port),
            logger: logger
        )
        if let seedAppId, let seedAppSecret {
            try simulator.state.seedStandardClient(appID: seedAppId, appSecret: seedAppSecret)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [simulator, AddressAnnouncer(simulator: simulator)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }
}
