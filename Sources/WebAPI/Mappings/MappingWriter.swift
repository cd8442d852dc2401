import HTTPTypes
import Hummingbird
import Postgres
import Storage
import Telephony

/// What a request wants of a tenant's mappings.
struct MappingEdit: Sendable {
    /// What the audit log calls it.
    var action = "mappings.put"
    /// What the request names: only that is checked, so that one change is not refused for what others have come to.
    var entries = MappingEntries()
    /// Whether ``wanted`` itself looks into the directory.
    var readsDirectory = false
    /// Users whom nobody else may change meanwhile.
    var users: [UserID] = []
    /// What is wanted, by the set in force. Reads only; a dry run asks it too.
    var wanted: @Sendable (_ current: [Mapping], TenantTransaction) async throws -> WantedMappings
    /// What else belongs to the write, in its transaction, when the mappings are written.
    var completion: (@Sendable (TenantTransaction) async throws -> Void)?
}

/// What an edit makes of the set in force.
struct WantedMappings: Sendable {
    /// The whole set.
    var mappings: [Mapping]
    /// Users that come with it; nil when the request cannot bring any.
    var users: UserChange?
}

/// The one way in which mappings are written, whatever the request: the conditions, the checks, the history, the tokens, the
/// to-dos and the audit in one transaction; then the wait for the PBX. Or, in a dry run, what that would do.
struct MappingWriter: Sendable {
    let database: Database
    let keyRing: KeyRing
    let changes: ChangeWait

    private var inquiries: InquiryWait { InquiryWait(database: self.database, changes: self.changes) }
    private var reconcile: ReconcileWait { ReconcileWait(database: self.database, changes: self.changes) }

    /// Makes the edit, and answers as every write of mappings does.
    ///
    /// - Throws: ``HTTPProblem``: 409 when the tenant is suspended, 412 when `If-Match` is stale, 422 with all that is wrong,
    ///   504 when nobody plans a dry run in time; and what the edit throws.
    func answer(
        _ edit: MappingEdit,
        to request: Request,
        isDryRun: Bool,
        context: TenantAdminContext
    ) async throws -> Response {
        try context.requireActive()
        let condition = EntityTag.Condition(request)
        let wait = PreferredWait(request)
        if edit.readsDirectory || (edit.entries.failures.isEmpty && !edit.entries.entries.isEmpty) {
            try await self.waitForDirectory(context.scope, until: wait.deadline)
        }
        guard !isDryRun else {
            let (subjects, users) = try await self.subjects(of: edit, condition: condition, context: context)
            let preview = try await self.inquiries.answer(
                PlanPreview.self,
                to: .plan(subjects),
                of: context.scope,
                until: wait.deadline
            )
            let json = try preview.json(in: context.language(of: request))
            return .json(users.map { json.adding("users", $0.counts) } ?? json, headers: wait.headers)
        }
        let (set, tickets, users) = try await self.write(edit, condition: condition, context: context)
        let report = try await self.reconcile.report(context.scope, after: tickets, until: wait.deadline)
        var headers = wait.headers
        headers[.eTag] = EntityTag.text(set.version)
        let json: JSONValue = [
            "mappings": .array(set.mappings.map(\.json)),
            "reconcile": try report.json(in: context.language(of: request)),
        ]
        return .json(users.map { json.adding("users", $0.counts) } ?? json, headers: headers)
    }

    /// The write itself: everything in one transaction.
    private func write(
        _ edit: MappingEdit,
        condition: EntityTag.Condition,
        context: TenantAdminContext
    ) async throws -> (set: MappingSet, tickets: [ReconcileTicket], users: UserChange?) {
        try await self.database.tenant(context.scope) { transaction in
            let locked = try await transaction.mappings.lockCurrent()
            try await transaction.users.lock(edit.users)
            let wanted = try await Self.wanted(edit, current: locked, condition: condition, in: transaction)
            if let users = wanted.users {
                try await transaction.users.put(users.changed)
            }
            var generator = SystemRandomNumberGenerator()
            let (set, tickets) = try await transaction.mappings.replace(
                wanted.mappings,
                locked: locked,
                keyRing: self.keyRing,
                using: &generator
            )
            if set.version != locked.version || wanted.users?.changed.isEmpty == false {
                try await transaction.audit(
                    Self.auditEntry(edit.action, from: locked.mappings, to: wanted, context: context)
                )
            }
            try await edit.completion?(transaction)
            return (set, tickets, wanted.users)
        }
    }

    /// The extensions that the write would run. Refuses what the write refuses, and changes nothing.
    private func subjects(
        of edit: MappingEdit,
        condition: EntityTag.Condition,
        context: TenantAdminContext
    ) async throws -> (subjects: [PlanPreview.Subject], users: UserChange?) {
        try await self.database.snapshot(of: context.scope) { transaction in
            let current = try await transaction.mappings.current()
            let wanted = try await Self.wanted(edit, current: current, condition: condition, in: transaction)
            return (
                try await transaction.mappings.subjects(of: wanted.mappings, current: current), wanted.users
            )
        }
    }

    /// - Throws: ``HTTPProblem`` 412 when the condition does not hold, 422 when the form, the directory or the users speak
    ///   against what is named; and what the edit throws.
    private static func wanted(
        _ edit: MappingEdit,
        current: MappingSet,
        condition: EntityTag.Condition,
        in transaction: TenantTransaction
    ) async throws -> WantedMappings {
        guard condition.holds(for: current.version) else { throw HTTPProblem(.preconditionFailed) }
        let isRead = try await transaction.directory.status().syncedAt != nil
        let directory = isRead ? try await transaction.directory.list() : nil
        let users = try await transaction.users.existing(Array(Set(edit.entries.mappings.compactMap(\.userID))))
        if let problem = edit.entries.problem(directory: directory, users: users) {
            throw problem
        }
        return try await edit.wanted(current.mappings, transaction)
    }

    /// Only what differs is noted: sets can be large.
    private static func auditEntry(
        _ action: String,
        from old: [Mapping],
        to wanted: WantedMappings,
        context: TenantAdminContext
    ) -> AuditEntry {
        let (oldSet, newSet) = (Set(old), Set(wanted.mappings))
        func json(_ mappings: [Mapping], _ users: [User]?) -> PostgresJSON {
            let value: JSONValue = ["mappings": .array(mappings.map(\.json))]
            return PostgresJSON(bytes: (users.map { value.adding("users", .array($0.map(\.json))) } ?? value).bytes)
        }
        return AuditEntry(
            actor: context.principal.actor,
            action: action,
            target: "mappings",
            before: json(old.filter { !newSet.contains($0) }, wanted.users?.replaced),
            after: json(wanted.mappings.filter { !oldSet.contains($0) }, wanted.users?.changed),
            requestID: context.requestID
        )
    }

    /// Waits for the first reading of the directory when one is due, so that the set is checked against it.
    private func waitForDirectory(_ scope: TenantScope, until deadline: ContinuousClock.Instant) async throws {
        func isWorthWaiting() async throws -> Bool {
            let status = try await self.database.tenant(scope) { try await $0.directory.status() }
            return status.syncedAt == nil && status.isDue
        }
        guard deadline > .now, try await isWorthWaiting() else { return }
        _ = try await self.changes.first(
            on: Channel.directoryRead,
            of: scope.tenantID,
            within: deadline - .now,
            every: .milliseconds(500)
        ) {
            try await isWorthWaiting() ? nil : true
        }
    }
}

extension UserChange {
    fileprivate var counts: JSONValue {
        ["created": JSONValue(self.created.count), "updated": JSONValue(self.updated.count)]
    }
}
