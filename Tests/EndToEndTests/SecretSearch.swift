import Foundation

/// Looks for secrets in everything that an installation writes and keeps.
struct SecretSearch {
    /// By what they are. A secret is found in clear, in hexadecimal (as a dump shows bytes) and in base64.
    private(set) var secrets: [(name: String, value: String)] = []
    /// By where they come from.
    private(set) var texts: [(place: String, text: String)] = []

    /// A secret that was used. Too short ones would be found by chance.
    mutating func use(_ value: String, as name: String) {
        precondition(value.utf8.count >= 12, "\(name) is too short to be searched for")
        self.secrets.append((name, value))
    }

    /// A text to search.
    mutating func look(in text: String, of place: String) {
        self.texts.append((place, text))
    }

    /// What was found where; never the secret itself.
    var findings: [String] {
        var findings: [String] = []
        for (name, value) in self.secrets {
            let bytes = Data(value.utf8)
            let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            for (place, text) in self.texts {
                for (form, needle) in [
                    ("", value), (" in hexadecimal", hexadecimal), (" in base64", bytes.base64EncodedString()),
                ] where text.contains(needle) {
                    findings.append("\(name)\(form): \(place)")
                }
            }
        }
        return findings
    }
}

extension Installation {
    /// Everything in the database, and its roles, as a backup has it.
    func dump() throws -> String {
        let url = self.databaseURL("postgres")
        return try Self.postgresProgram("pg_dump", ["--dbname", url])
            + Self.postgresProgram("pg_dumpall", ["--globals-only", "--dbname", url])
    }

    /// What PostgreSQL itself logged.
    func databaseLog() throws -> String {
        try String(contentsOf: self.directory.appending(path: "postgres.log"), encoding: .utf8)
    }

    private static func postgresProgram(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        if let folder = ProcessInfo.processInfo.environment["PG_BIN"] {
            process.executableURL = URL(filePath: folder).appending(path: name)
            process.arguments = arguments
        } else {
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [name] + arguments
        }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BuiltProgram.Failure(description: "\(name) failed") }
        return String(decoding: data, as: UTF8.self)
    }
}
