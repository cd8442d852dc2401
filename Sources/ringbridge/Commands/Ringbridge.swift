import ArgumentParser

/// The program.
@main
struct Ringbridge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ringbridge",
        abstract: "Connects CRMs to a hosted PBX: subscriptions, durable events, completed calls.",
        discussion: "Configuration comes from the environment, $CREDENTIALS_DIRECTORY and --config; see README.md.",
        subcommands: [
            ServeCommand.self, MigrateCommand.self, TenantCommand.self, KeyCommand.self, ConnectorRoleCommand.self,
            DoctorCommand.self, ReconcileCommand.self, ReplayCommand.self, ExplainCommand.self,
            SimulateCommand.self, SecretsCommand.self,
        ]
    )
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "A YAML file with configuration; the environment wins over it.")
    var config: String?
}

/// A failure that the user can mend: printed as it is, without a stack of types around it.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
