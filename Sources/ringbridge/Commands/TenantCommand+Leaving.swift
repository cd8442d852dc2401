import ArgumentParser
import Storage
import Telephony

// How a tenant pauses and goes. The work on the PBX is the workers' (`ringbridge serve`); these commands ask for it and wait.

extension TenantCommand {
    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a tenant's event rows off the PBX until it is active again.",
            discussion: "Back: ringbridge tenant put <tenant> --status active"
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's id.")
        var tenant: String
        @Option(help: "Seconds to wait for the PBX; a running server does the work.")
        var wait: Int = 30

        func run() async throws {
            let id = try tenantID(self.tenant)
            let left = try await withDatabase(self.common) { database in
                try await database.system { transaction in
                    guard let tenant = try await transaction.tenants.hold(id) else { throw unknown(id) }
                    guard tenant.status != .removing else {
                        throw CommandFailure("the tenant \"\(id)\" is being removed")
                    }
                    guard tenant.status != .suspended else { return }
                    guard try await transaction.tenants.suspend(tenant) else {
                        throw CommandFailure("the tenant was changed by somebody else meanwhile; try again")
                    }
                    try await transaction.audit(
                        AuditEntry(actor: Principal.shell.actor, action: "tenant.suspend", target: "tenant:\(id)"),
                        tenantID: id
                    )
                }
                return try await waitForPBX(seconds: self.wait) {
                    let progress = try await database.system { try await $0.removals.progress(of: id) }
                    return progress.extensions.isEmpty ? nil : progress
                }
            }
            if let left {
                print(
                    "suspended \(id); \(left.text). It goes on by itself; look again: ringbridge tenant suspend \(id)"
                )
            } else {
                print("suspended \(id); no event row of ours is left on the PBX")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a tenant: first its event rows on the PBX, then all its data."
        )
        @OptionGroup var common: CommonOptions
        @Argument(help: "The tenant's id.")
        var tenant: String
        @ArgumentParser.Flag(help: "Only print what would go.")
        var dryRun = false
        @ArgumentParser.Flag(help: "Erase the data at once, and print the event rows that stay on the PBX.")
        var force = false
        @Option(help: "Seconds to wait for the PBX; a running server does the work.")
        var wait: Int = 30
        @ArgumentParser.Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let id = try tenantID(self.tenant)
            let report = try await withDatabase(self.common) { database in
                self.dryRun
                    ? try await self.preview(id, database) : try await self.remove(id, database)
            }
            try self.show(report)
        }

        private func preview(_ id: TenantID, _ database: Database) async throws -> RemovalReport {
            try await database.system { transaction in
                guard let tenant = try await transaction.tenants.find(id) else { throw unknown(id) }
                let counts = try await transaction.removals.rowCounts(of: id).filter { $0.rows > 0 }
                return RemovalReport(
                    id,
                    status: tenant.status.rawValue,
                    progress: try await transaction.removals.progress(of: id),
                    rows: Dictionary(counts.map { ($0.table, $0.rows) }, uniquingKeysWith: +)
                )
            }
        }

        private func remove(_ id: TenantID, _ database: Database) async throws -> RemovalReport {
            try await database.system { transaction in
                guard let before = try await transaction.removals.begin(id) else { throw unknown(id) }
                guard before.status != .removing || self.force else { return }
                try await transaction.audit(
                    AuditEntry(
                        actor: Principal.shell.actor,
                        action: self.force ? "tenant.remove_force" : "tenant.remove",
                        target: "tenant:\(id)"
                    ),
                    tenantID: nil
                )
            }
            if self.force {
                let progress = try await database.system { try await $0.removals.progress(of: id) }
                guard try await database.eraseTenant(id) else {
                    throw CommandFailure("another process is erasing the tenant \"\(id)\" now")
                }
                return RemovalReport(id, status: "removed", progress: progress)
            }
            let left = try await waitForPBX(seconds: self.wait) {
                try await database.system { transaction in
                    guard try await transaction.tenants.find(id) != nil else { return nil as RemovalProgress? }
                    return try await transaction.removals.progress(of: id)
                }
            }
            return RemovalReport(id, status: left == nil ? "removed" : "removing", progress: left)
        }

        private func show(_ report: RemovalReport) throws {
            guard !self.json else { return try printJSON(report) }
            for (table, count) in (report.rows ?? [:]).sorted(by: { $0.key < $1.key }) {
                print("\(table)\t\(count)")
            }
            for row in report.remaining {
                print("on the PBX: extension \(row.extensionID), event \(row.eventID), \(row.eventType)")
            }
            guard !self.dryRun else { return }
            print("\(report.status) \(report.tenant)")
            for waiting in report.extensions {
                print("waits for extension \(waiting.extensionID): \(waiting.problem ?? "the run is to come")")
            }
            if report.status == "removing" {
                print(
                    """
                    It goes on by itself while a server runs; look again: ringbridge tenant remove \(report.tenant)
                    If the PBX is out of reach for good: ringbridge tenant remove \(report.tenant) --force
                    """
                )
            }
        }
    }
}

private func tenantID(_ text: String) throws -> TenantID {
    guard let id = TenantID(validating: text) else {
        throw CommandFailure("there is no tenant \"\(text)\"; see: ringbridge tenant list")
    }
    return id
}

private func unknown(_ id: TenantID) -> CommandFailure {
    CommandFailure("there is no tenant \"\(id)\"; see: ringbridge tenant list")
}

/// Looks twice a second until nothing is left or the time is over.
private func waitForPBX(
    seconds: Int,
    _ look: () async throws -> RemovalProgress?
) async throws -> RemovalProgress? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while let left = try await look() {
        guard ContinuousClock.now < deadline else { return left }
        try await Task.sleep(for: .milliseconds(500))
    }
    return nil
}

extension RemovalProgress {
    fileprivate var text: String {
        "\(self.rows.count) event rows on \(self.extensions.count) extensions are still to leave the PBX"
    }
}

/// A removal as the command prints it.
private struct RemovalReport: Encodable {
    struct Row: Encodable {
        var extensionID: Int64
        var eventID: Int64
        var eventType: String

        enum CodingKeys: String, CodingKey {
            case extensionID = "extension_id"
            case eventID = "event_id"
            case eventType = "event_type"
        }
    }

    struct Waiting: Encodable {
        var extensionID: Int64
        var problem: String?

        enum CodingKeys: String, CodingKey {
            case problem
            case extensionID = "extension_id"
        }
    }

    var tenant: String
    var status: String
    var remaining: [Row]
    var extensions: [Waiting]
    var rows: [String: Int64]?

    init(_ id: TenantID, status: String, progress: RemovalProgress?, rows: [String: Int64]? = nil) {
        self.tenant = id.rawValue
        self.status = status
        self.remaining = (progress?.rows ?? []).map {
            Row(extensionID: $0.extensionID.rawValue, eventID: $0.eventID, eventType: $0.eventType)
        }
        self.extensions = (status == "removing" ? progress?.extensions ?? [] : []).map {
            Waiting(extensionID: $0.id.rawValue, problem: $0.problem?.code.rawValue)
        }
        self.rows = rows
    }
}
