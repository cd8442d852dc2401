import ArgumentParser
import Storage
import Telephony
import Workers

/// `replay`: assembles stored events again.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Assembles the calls of stored events again and corrects the records that come out differently.",
        discussion: """
            After a change of settings or of the rules. Records that come out as they are stay untouched: connectors see \
            only real changes. Safe beside a running server. When it is interrupted, the same command goes on where it \
            stopped. --dry-run changes nothing and prints what would change.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The tenant; without it all tenants, one after the other.")
    var tenant: String?
    @Option(help: "Only this CallID.")
    var callID: String?
    @Option(help: "Only CallIDs with an event that arrived at this instant or later, RFC 3339.")
    var since: String?
    @Option(help: "Only CallIDs with an event that arrived before this instant, RFC 3339.")
    var until: String?
    @ArgumentParser.Flag(help: "Write nothing, print the differences.")
    var dryRun = false
    @ArgumentParser.Flag(help: "Begin at the first CallID, even when an earlier run was interrupted.")
    var restart = false
    @ArgumentParser.Flag(help: "Print JSON objects, one a line; the last one is the summary.")
    var json = false

    func validate() throws {
        for (name, text) in [("--since", self.since), ("--until", self.until)] {
            if let text, Timestamp(rfc3339: text) == nil {
                throw ValidationError("\(name) \(text) is not RFC 3339, for example 2026-11-01T00:00:00Z")
            }
        }
        if let since = self.since.flatMap({ Timestamp(rfc3339: $0) }),
            let until = self.until.flatMap({ Timestamp(rfc3339: $0) }), since >= until
        {
            throw ValidationError("--since is not before --until")
        }
        if let callID = self.callID, CallID(received: callID) == nil {
            throw ValidationError("--call-id is empty or longer than 200 bytes")
        }
        if self.dryRun, self.restart {
            throw ValidationError("--dry-run always begins at the first CallID; leave --restart out")
        }
    }

    func run() async throws {
        let defaults = try await assemblyDefaults(self.common)
        let range = ReplayRange(
            callID: self.callID.flatMap(CallID.init(received:)),
            since: self.since.flatMap { Timestamp(rfc3339: $0) },
            until: self.until.flatMap { Timestamp(rfc3339: $0) }
        )
        let (total, busy) = try await withDatabase(self.common) { database in
            let replay = Replay(database: database, defaults: defaults)
            let scopes = try await self.scopes(in: database)
            var total = ReplayTally()
            var busy: [ReplayFailure] = []
            for scope in scopes {
                let report = ReplayReport(tenant: scope.tenantID, isDryRun: self.dryRun, asJSON: self.json)
                let tally: ReplayTally
                if self.dryRun {
                    tally = try await replay.preview(scope, over: range) { try report.show($0) }
                } else {
                    try await self.audit(scope, in: database)
                    do {
                        tally = try await replay.run(scope, over: range, anew: self.restart) { report.note($0) }
                    } catch let failure as ReplayFailure {
                        // The others go on.
                        busy.append(failure)
                        continue
                    }
                }
                total += tally
                if scopes.count > 1, !self.json {
                    report.summarize(tally, of: scope.tenantID.rawValue)
                }
            }
            try ReplayReport.conclude(total, tenants: scopes.map(\.tenantID), isDryRun: self.dryRun, asJSON: self.json)
            return (total, busy)
        }
        if !busy.isEmpty {
            throw CommandFailure(busy.map(\.description).joined(separator: "; "))
        }
        guard total.failed == 0 else {
            throw CommandFailure("\(total.failed) CallID(s) could not be written; their records are as they were")
        }
        if let callID = self.callID, total.examined == 0 {
            throw CommandFailure("no events of the CallID \(callID) are stored; events are kept for a time only")
        }
    }

    /// The named tenant, or all that are not being removed.
    private func scopes(in database: Database) async throws -> [TenantScope] {
        try await database.system { transaction in
            if let named = try await existingScope(self.tenant, in: transaction) {
                return [named]
            }
            var scopes: [TenantScope] = []
            var last: TenantID?
            while true {
                let page = try await transaction.tenants.list(after: last, limit: 500)
                for tenant in page {
                    if let scope = try await transaction.tenants.scope(of: tenant.id) {
                        scopes.append(scope)
                    }
                }
                guard page.count == 500 else { return scopes }
                last = page.last?.id
            }
        }
    }

    private func audit(_ scope: TenantScope, in database: Database) async throws {
        let target = self.callID.map { "calls/\($0)" } ?? "calls"
        try await database.tenant(scope) { transaction in
            try await transaction.audit(
                AuditEntry(actor: Principal.shell.actor, action: "calls.replay", target: target)
            )
        }
    }
}
