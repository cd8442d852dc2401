import ArgumentParser

/// What the benchmark measures with: a load of events, and servers that do nothing but answer.
@main
struct BenchLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-load",
        abstract: "The load generator of admin-scripts/bench, and the bare servers it compares with.",
        subcommands: [FireCommand.self, ListenCommand.self]
    )
}
