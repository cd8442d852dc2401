import ArgumentParser
import Storage
import Telephony

/// `secrets rekey`.
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets",
        abstract: "Keeps what is sealed in the database under the current key.",
        subcommands: [Rekey.self]
    )

    struct Rekey: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seals every stored secret under the first key of MASTER_KEYS.",
            discussion: """
                Run it when every server has been restarted with the new key first in MASTER_KEYS and the old one after it; \
                remove the old key when it says that nothing remains. Servers may run meanwhile; interrupted, run it again. \
                Exits with 1 while something remains.
                """
        )
        @OptionGroup var common: CommonOptions
        @ArgumentParser.Flag(help: "Only print how many secrets are sealed under each key.")
        var dryRun = false
        @ArgumentParser.Flag(help: "Print one JSON object.")
        var json = false

        func run() async throws {
            var values = ConfigurationValues(reader: try await ConfigurationSource.reader(file: self.common.config))
            let keyRing = values.required("MASTER_KEYS", "the new key first, the old ones after it") {
                try KeyRing(parsing: $0)
            }
            guard let keyRing, values.problems.isEmpty else { throw ConfigurationError(problems: values.problems) }
            if self.dryRun {
                let counts = try await withDatabase(self.common) { database in
                    try await database.system { try await $0.sealedSecrets.counts() }
                }
                try self.show(counts, keyRing)
            } else {
                let report = try await withDatabase(self.common) { database in
                    try await database.rekey(with: keyRing, by: Principal.shell.actor)
                }
                try self.show(report, keyRing)
                guard report.remaining.isEmpty else { throw ExitCode(1) }
            }
        }

        private func show(_ counts: [String: Int], _ keyRing: KeyRing) throws {
            let remaining = counts.filter { $0.key != keyRing.currentID }
            if self.json {
                try printJSON(
                    RekeyResult(current: keyRing.currentID, resealed: 0, remaining: remaining, failures: [])
                )
                return
            }
            print("\(counts[keyRing.currentID] ?? 0) secrets are sealed under the current key \"\(keyRing.currentID)\"")
            for line in Self.lines(remaining, keyRing) { print(line) }
        }

        private func show(_ report: RekeyReport, _ keyRing: KeyRing) throws {
            if self.json {
                try printJSON(
                    RekeyResult(
                        current: keyRing.currentID,
                        resealed: report.resealed,
                        remaining: report.remaining,
                        failures: report.failures.map(RekeyResult.Failure.init)
                    )
                )
                return
            }
            print("sealed \(report.resealed) secrets under \"\(keyRing.currentID)\"")
            for failure in report.failures {
                print("tenant \(failure.tenantID), \(failure.place): \(failure.reason)")
            }
            for line in Self.lines(report.remaining, keyRing) { print(line) }
            if report.remaining.isEmpty {
                print("nothing remains under another key")
            } else if report.failures.isEmpty {
                print(
                    "a server still seals under another key, or holds these rows; restart the servers, then run this again"
                )
            }
        }

        private static func lines(_ remaining: [String: Int], _ keyRing: KeyRing) -> [String] {
            remaining.sorted { $0.key < $1.key }.map { id, count in
                let hint = keyRing.contains(id) ? "" : ", which MASTER_KEYS does not have"
                return "\(count) remain under \"\(id)\"\(hint)"
            }
        }
    }
}

/// What `secrets rekey --json` prints.
private struct RekeyResult: Encodable {
    struct Failure: Encodable {
        var tenant: String
        var secret: String
        var reason: String

        init(_ failure: RekeyFailure) {
            self.tenant = failure.tenantID.rawValue
            self.secret = failure.place.description
            self.reason = failure.reason.description
        }
    }

    var current: String
    var resealed: Int
    var remaining: [String: Int]
    var failures: [Failure]
}
