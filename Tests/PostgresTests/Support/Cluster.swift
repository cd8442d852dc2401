import Foundation
import Testing

@testable import Postgres

/// A PostgreSQL cluster of a test's own, which it may crash.
struct Cluster {
    private let directory: URL
    private let port: String

    /// Starts a cluster for the time of the body.
    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("ringbridge-postgres-\(UUID().uuidString.prefix(8))")
        try await self.script("start", directory, "--no-fsync")
        let port = try String(contentsOf: directory.appendingPathComponent("port"), encoding: .utf8)
        let cluster = Cluster(directory: directory, port: port.trimmingCharacters(in: .whitespacesAndNewlines))
        do {
            try await body(cluster)
        } catch {
            try await cluster.run("remove")
            throw error
        }
        try await cluster.run("remove")
    }

    func configuration(user: String = "postgres", password: String? = nil) throws -> PostgresConfiguration {
        let secret = password.map { ":\($0)" } ?? ""
        return try PostgresConfiguration(
            connectionString: "postgresql://\(user)\(secret)@127.0.0.1:\(self.port)/postgres",
            connectTimeout: .seconds(2)
        )
    }

    /// `start`, `crash`, `stop`, `remove`.
    func run(_ command: String) async throws {
        try await Cluster.script(command, self.directory)
    }

    /// Has the server answer nothing any more, or answer again.
    func freeze(_ isFrozen: Bool) async throws {
        let file = self.directory.appendingPathComponent("data/postmaster.pid")
        let process = try #require(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first)
        try await Cluster.launch("/bin/kill", [isFrozen ? "-STOP" : "-CONT", String(process)])
    }

    /// Puts a line before all others of `pg_hba.conf`.
    func demand(_ rule: String) throws {
        let file = self.directory.appendingPathComponent("data/pg_hba.conf")
        let old = try String(contentsOf: file, encoding: .utf8)
        try Data("\(rule)\n\(old)".utf8).write(to: file)
    }

    private static func script(_ command: String, _ directory: URL, _ options: String...) async throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = root.appendingPathComponent("admin-scripts/postgres-cluster").path
        try await self.launch(script, [command, directory.path] + options)
    }

    /// Runs a program to its end. Foundation waits until nobody holds the descriptors that it hands down, and the
    /// server that `start` leaves behind would hold them: so a shell in between keeps them for itself.
    private static func launch(_ program: String, _ arguments: [String]) async throws {
        let withoutDescriptors = """
            (for fd in /proc/self/fd/*; do
                fd=${fd##*/}
                if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi
            done
            exec "$0" "$@")
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", withoutDescriptors, program] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        try #require(status == 0, "\(program) \(arguments) failed")
    }
}
