import Configuration
import SystemPackage

import class Foundation.ProcessInfo

/// Where configuration comes from, first hit wins: environment, files in `$CREDENTIALS_DIRECTORY`, the YAML file. The keys are
/// the same everywhere: the names of the variables.
enum ConfigurationSource {
    /// Variables that hold secrets.
    static let secretKeys: Set<String> = ["DATABASE_URL", "DATABASE_OWNER_URL", "MASTER_KEYS", "OPERATOR_KEY"]

    /// `file`: the YAML file; nil: none.
    /// Throws when the file is missing or is no YAML.
    static func reader(file: String?) async throws -> ConfigReader {
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(secretsSpecifier: .specific(self.secretKeys))
        ]
        if let directory = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] {
            providers.append(try await DirectoryFilesProvider(directoryPath: FilePath(directory), allowMissing: true))
        }
        if let file {
            providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file)))
        }
        return ConfigReader(providers: providers)
    }
}
