import ArgumentParser

/// `serve`: the server.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs the HTTP server and the workers until SIGTERM."
    )

    /// Which half of the server to run.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case api, workers
    }

    @OptionGroup var common: CommonOptions
    @Option(help: "Only the HTTP server (api) or only the workers.")
    var only: Part?

    func run() async throws {
        let reader = try await ConfigurationSource.reader(file: self.common.config)
        let configuration = try ServerConfiguration(reader: reader)
        try await Composition(configuration: configuration, only: self.only).run()
    }
}
