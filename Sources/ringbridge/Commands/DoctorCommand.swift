import ArgumentParser
import Foundation
import Postgres
import RingmeAPI
import Storage
import Telephony
import WebAPI
import Workers

/// `doctor`: whether an installation works, and what to mend.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks configuration, spool, database, schema, role, key ring, public URL and each tenant's PBX.",
        discussion: """
            Names the fix for what fails, and exits with 1 then. A check that needs one that failed is left out. The checks \
            of a tenant are those of POST /admin/v1/tenants/{tenant}/check; suspended tenants have none.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Only this tenant's PBX.")
    var tenant: String?
    @ArgumentParser.Flag(name: .customLong("skip-pbx"), help: "Leave the tenants' PBXs out.")
    var skipPBX = false
    @ArgumentParser.Flag(help: "Print JSON objects, one a line.")
    var json = false
    @Option(help: "Language of the PBX checks, ru or en.")
    var locale = "en"

    func validate() throws {
        guard Language(rawValue: self.locale) != nil else { throw ValidationError("--locale is ru or en") }
    }

    func run() async throws {
        var failed = false
        func show(_ line: CheckLine) throws {
            failed = failed || !line.ok
            if self.json {
                try printLine(line)
            } else {
                print(line.text)
            }
        }
        for line in try await self.checkInstallation() { try show(line) }
        if !failed {
            for line in try await self.checkReach() { try show(line) }
        }
        guard !failed else { throw ExitCode(1) }
    }

    /// Configuration, spool, database, schema, role, key ring, in this order: each needs the ones before.
    private func checkInstallation() async throws -> [CheckLine] {
        var lines: [CheckLine] = []
        do {
            let reader = try await ConfigurationSource.reader(file: self.common.config)
            let configuration = try ServerConfiguration(reader: reader)
            lines.append(CheckLine("configuration", detail: "complete"))
            if let spool = configuration.spool {
                lines.append(Self.checkSpool(spool.directory))
            }
        } catch let error as ConfigurationError {
            return error.problems.map { CheckLine("configuration", failure: $0, fix: "set it; see README.md") }
        } catch {
            return [CheckLine("configuration", failure: "it cannot be read: \(error)", fix: "check --config")]
        }
        do {
            lines += try await withConnection(.runtime, self.common) { connection in
                var lines = [CheckLine("database", detail: "it answers")]
                do {
                    try await Migrator(connection: connection).verify()
                    lines.append(CheckLine("schema", detail: "it is this program's"))
                } catch let error as Migrator.Failure {
                    lines.append(CheckLine("schema", failure: error.problem, fix: error.fix))
                }
                if let refusal = try await RuntimeRole.current(on: connection)?.refusal {
                    lines.append(
                        CheckLine("role", failure: refusal, fix: "run sql/roles.sql, then use ringbridge_server")
                    )
                } else {
                    lines.append(CheckLine("role", detail: "it isolates tenants"))
                }
                return lines
            }
        } catch let error as PostgresError {
            return lines + [CheckLine("database", error)]
        }
        return lines
    }

    /// The spool's directory, which the server makes when it is missing, is not touched: a server may be using it.
    private static func checkSpool(_ directory: String) -> CheckLine {
        var existing = URL(filePath: directory)
        while !FileManager.default.fileExists(atPath: existing.path), existing.path != "/" {
            existing.deleteLastPathComponent()
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: existing.path)
        let isDirectory = attributes?[.type] as? FileAttributeType == .typeDirectory
        guard isDirectory, FileManager.default.isWritableFile(atPath: existing.path) else {
            return CheckLine(
                "spool",
                failure: "\(existing.path) is no directory that this user may write",
                fix: "set SPOOL_DIR to a directory that the server's user may write, or mend its owner"
            )
        }
        return CheckLine("spool", detail: "its directory can be written")
    }

    /// Key ring, public URL and PBXs, when the installation is right.
    private func checkReach() async throws -> [CheckLine] {
        let reader = try await ConfigurationSource.reader(file: self.common.config)
        let configuration = try ServerConfiguration(reader: reader)
        let language = Language(rawValue: self.locale) ?? .en
        return try await withDatabase(self.common) { database in
            var lines: [CheckLine] = []
            do {
                try await database.system { try await $0.proveKeyRingOpensAll(configuration.keyRing) }
                lines.append(CheckLine("key_ring", detail: "it opens what is stored"))
            } catch let error as KeyRing.Misfit {
                lines.append(CheckLine("key_ring", failure: error.problem, fix: error.fix))
            }
            // Without its keys a tenant's PBX cannot be asked.
            let isAsked = !self.skipPBX && lines.allSatisfy(\.ok)
            let tenants = isAsked ? try await activeTenants(self.tenant, in: database) : []
            let checkedBefore = lines
            return try await withPBX(configuration, database) { gateway, http in
                let checker = TenantChecker(
                    database: database,
                    gateway: gateway,
                    probe: PublicURLProbe(http: http),
                    keyRing: configuration.keyRing,
                    publicURL: configuration.publicURL
                )
                var lines = checkedBefore
                lines.append(CheckLine(await checker.checkPublicURL(), tenant: nil, in: language))
                for scope in tenants {
                    let findings = try await checker.check(scope, id: UUID())
                    // What is in the way of the whole PBX is found by each check; once is enough.
                    var troubles: Set<PlanPreview.Trouble> = []
                    let told = findings.filter { finding in
                        finding.check != .publicURL && finding.trouble.map { troubles.insert($0).inserted } ?? true
                    }
                    lines += told.map { CheckLine($0, tenant: scope.tenantID, in: language) }
                }
                return lines
            }
        }
    }
}

/// One check as it is printed.
private struct CheckLine: Encodable, Sendable {
    var check: String
    var tenant: String?
    var ok: Bool
    var detail: String
    var fix: String?

    init(_ check: String, detail: String) {
        self.check = check
        self.ok = true
        self.detail = detail
    }

    init(_ check: String, failure: String, fix: String) {
        self.check = check
        self.ok = false
        self.detail = failure
        self.fix = fix
    }

    init(_ check: String, _ error: PostgresError) {
        let fix = error.hint ?? "check DATABASE_URL, and that PostgreSQL runs"
        let text = error.description
        let problem = text.hasSuffix("; \(fix)") ? String(text.dropLast(fix.count + 2)) : text
        self.init(check, failure: problem, fix: fix)
    }

    init(_ finding: CheckFinding, tenant: TenantID?, in language: Language) {
        self.check = finding.check.rawValue
        self.tenant = tenant?.rawValue
        self.ok = finding.isGood
        self.detail = finding.detail[language]
        self.fix = finding.fix?[language]
    }

    var text: String {
        let subject = self.tenant.map { "tenant \($0) \(self.check)" } ?? self.check
        let line = "\(self.ok ? "ok  " : "FAIL") \(subject): \(self.detail)"
        return line + (self.fix.map { "\n     fix: \($0)" } ?? "")
    }
}
