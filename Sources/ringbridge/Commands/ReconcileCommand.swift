import ArgumentParser
import Logging
import Postgres
import RingmeAPI
import Storage
import Telephony
import WebAPI
import Workers

/// `reconcile`: runs over all mapped extensions, or what they would do.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Brings the event subscriptions on the PBX to what the mappings want, and waits for the end.",
        discussion: """
            Needs no running server, and is safe beside one: an extension is run by one process at a time. --dry-run \
            writes nothing and prints what the runs would do. Exits with 1 when an extension did not become active, or \
            has a problem; of a suspended tenant, when it still has event rows.
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "The tenant; without it all active tenants.")
    var tenant: String?
    @ArgumentParser.Flag(help: "Write nothing, print the plan.")
    var dryRun = false
    @Option(help: "Seconds to wait for what the PBX or its budget holds up.")
    var wait: Int = 60
    @ArgumentParser.Flag(
        help: "Print JSON objects, one a line: for each tenant its plan, for each extension its state."
    )
    var json = false
    @Option(help: "Language of a plan's texts, ru or en.")
    var locale = "en"

    func validate() throws {
        guard Language(rawValue: self.locale) != nil else { throw ValidationError("--locale is ru or en") }
    }

    func run() async throws {
        let configuration = try ServerConfiguration(
            reader: try await ConfigurationSource.reader(file: self.common.config)
        )
        let isGood = try await withDatabase(self.common) { database in
            try await withPBX(configuration, database) { gateway, _ in
                let tenants = try await activeTenants(self.tenant, in: database)
                return self.dryRun
                    ? try await self.plan(tenants, configuration, database, gateway)
                    : try await self.run(tenants, configuration, database, gateway)
            }
        }
        guard isGood else { throw ExitCode(1) }
    }

    /// Prints the plans; false when an extension has a problem.
    private func plan(
        _ tenants: [TenantScope],
        _ configuration: ServerConfiguration,
        _ database: Database,
        _ gateway: PBXGateway
    ) async throws -> Bool {
        let previewer = PlanPreviewer(
            database: database,
            gateway: gateway,
            keyRing: configuration.keyRing,
            publicURL: configuration.publicURL
        )
        let language = Language(rawValue: self.locale) ?? .en
        var isGood = true
        for scope in tenants {
            let mapped = try await database.tenant(scope) { try await $0.mappings.current().mappings }
            let subjects = mapped.map { PlanPreview.Subject(extensionID: $0.extensionID, isMapped: true) }
            var generator = SystemRandomNumberGenerator()
            let preview = try await previewer.preview(subjects, of: scope, using: &generator)
            if preview.entries.contains(where: { $0.problem != nil }) {
                isGood = false
            }
            guard !self.json else {
                let plan = String(decoding: try preview.jsonDocument(in: language), as: UTF8.self)
                print(#"{"tenant":"\#(scope.tenantID)","dry_run":\#(plan)}"#)
                continue
            }
            for entry in preview.entries {
                print("\(scope.tenantID) \(entry.text(in: language))")
            }
            let available = preview.availableRequests.map { String($0) } ?? "unknown"
            print("\(scope.tenantID) requests: needed \(preview.neededRequests), available \(available)")
        }
        return isGood
    }

    /// Runs what is due until every mapped extension has had a run; false when one is not active then.
    private func run(
        _ tenants: [TenantScope],
        _ configuration: ServerConfiguration,
        _ database: Database,
        _ gateway: PBXGateway
    ) async throws -> Bool {
        let reconciler = Reconciler(
            database: database,
            listener: PostgresListener(configuration: configuration.database, logger: commandLogger),
            gateway: gateway,
            keyRing: configuration.keyRing,
            publicURL: configuration.publicURL,
            driftCheckInterval: configuration.driftCheckInterval,
            logger: commandLogger
        )
        var waiting: [TenantScope: [ReconcileTicket]] = [:]
        for scope in tenants {
            waiting[scope] = try await database.tenant(scope) { transaction in
                let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
                return try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
            }
        }
        let deadline = ContinuousClock.now + .seconds(self.wait)
        var isGood = true
        for scope in tenants {
            let tickets = waiting[scope] ?? []
            while true {
                _ = try await reconciler.reconcileDue()
                let states = try await database.tenant(scope) { try await $0.reconcile.states() }
                let ended = states.filter { $0.state != .pending }
                let isDone = tickets.allSatisfy { ticket in
                    ended.contains { $0.extensionID == ticket.extensionID && $0.generation >= ticket.generation }
                }
                if isDone || ContinuousClock.now >= deadline { break }
                // Another process has it, or it waits for its next try.
                try await Task.sleep(for: .milliseconds(500))
            }
            for line in try await self.states(of: tickets, scope, database) {
                // Removed: nothing was wanted there, as of a suspended tenant.
                if ![SubscriptionState.State.active, .removed].map(\.rawValue).contains(line.state) {
                    isGood = false
                }
                if self.json {
                    try printLine(line)
                } else {
                    print(line.text)
                }
            }
        }
        return isGood
    }

    private func states(
        of tickets: [ReconcileTicket],
        _ scope: TenantScope,
        _ database: Database
    ) async throws -> [StateLine] {
        let (states, problems) = try await database.tenant(scope) { transaction in
            (try await transaction.reconcile.states(), try await transaction.problems())
        }
        return tickets.sorted { $0.extensionID < $1.extensionID }.map { ticket in
            let state = states.first { $0.extensionID == ticket.extensionID && $0.generation >= ticket.generation }
            let problem = problems.first {
                $0.extensionID == ticket.extensionID && !$0.problem.code.concernsEvents
            }
            return StateLine(
                tenant: scope.tenantID.rawValue,
                extensionID: ticket.extensionID.rawValue,
                state: (state?.state ?? .pending).rawValue,
                added: state?.added ?? [],
                removed: state?.removed ?? [],
                missing: state?.missing ?? [],
                problem: problem?.problem.code.rawValue
            )
        }
    }
}

/// How a run left an extension.
private struct StateLine: Encodable {
    var tenant: String
    var extensionID: Int64
    var state: String
    var added: [String]
    var removed: [String]
    var missing: [String]
    var problem: String?

    enum CodingKeys: String, CodingKey {
        case tenant, state, added, removed, missing, problem
        case extensionID = "extension_id"
    }

    var text: String {
        var text = "\(self.tenant) \(self.extensionID) \(self.state)"
        for (word, types) in [("added", self.added), ("removed", self.removed), ("missing", self.missing)]
        where !types.isEmpty {
            text += " \(word): \(types.joined(separator: " "))"
        }
        return text + (self.problem.map { " problem: \($0)" } ?? "")
    }
}

extension PlanPreview.Entry {
    /// The plan of the extension on a few lines.
    fileprivate func text(in language: Language) -> String {
        var text = "\(self.extensionID) \(self.name ?? "?") \(self.type ?? "?")"
        if let before = self.before, let after = self.after {
            text += " slots \(before.used)/\(before.limit) -> \(after.used)/\(after.limit)"
        }
        text += self.problem.map { " problem: \($0.problem.code.rawValue)" } ?? ""
        for step in self.steps {
            text += "\n    \(step.action.rawValue) \(step.eventType): \(step.reason.text(in: language))"
        }
        return text
    }
}
