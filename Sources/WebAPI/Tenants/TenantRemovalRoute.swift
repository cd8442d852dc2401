import HTTPTypes
import Hummingbird
import Storage
import Telephony

/// Removes a tenant: `DELETE /admin/v1/tenants/{tenant}?dry_run=&force=` (decisions section 8).
struct TenantRemovalRoute: Sendable {
    let database: Database
    let changes: ChangeWait

    func add(to router: RouterGroup<OperatorContext>) {
        router.delete("{tenant}") { request, context in try await self.remove(request, context: context) }
    }

    private func remove(_ request: Request, context: OperatorContext) async throws -> Response {
        let query = try QueryParameters(request, known: ["dry_run", "force"])
        let (isDryRun, isForced) = (try query.flag("dry_run"), try query.flag("force"))
        let id = try context.tenantID(orElse: .notFound)
        let language = AcceptLanguage.preferred(request.headers[.acceptLanguage])
        if isDryRun {
            return .json(try await self.preview(id, EntityTag.Condition(request)))
        }
        let wait = PreferredWait(request)
        let before = try await self.database.system { transaction in
            guard let before = try await transaction.removals.begin(id) else { throw HTTPProblem(.notFound) }
            let condition = EntityTag.Condition(request)
            guard condition.holds(for: before.version) else { throw HTTPProblem(.preconditionFailed) }
            if before.status != .removing || isForced {
                // Under no tenant: what is said of the removal outlives the tenant's own log.
                try await transaction.audit(
                    AuditEntry(
                        actor: context.principal.actor,
                        action: isForced ? "tenant.remove_force" : "tenant.remove",
                        target: "tenant:\(id)",
                        requestID: context.requestID
                    ),
                    tenantID: nil
                )
            }
            return before
        }
        if isForced {
            let progress = try await self.database.system { try await $0.removals.progress(of: id) }
            guard try await self.database.eraseTenant(id) else { throw HTTPProblem(.conflict) }
            return .json(["tenant": .string(id.rawValue), "status": "removed", "remaining": progress.remaining])
        }
        let isGone = try await self.waitUntilGone(id, until: wait.deadline)
        if isGone {
            return .json(
                ["tenant": .string(id.rawValue), "status": "removed", "remaining": []],
                headers: wait.headers
            )
        }
        let progress = try await self.database.system { try await $0.removals.progress(of: id) }
        return .json(
            progress.json(of: id, in: language ?? before.locale),
            status: .accepted,
            headers: wait.headers
        )
    }

    /// What would go: rows of each table, and our rows on the PBX.
    private func preview(_ id: TenantID, _ condition: EntityTag.Condition) async throws -> JSONValue {
        try await self.database.system { transaction in
            guard let tenant = try await transaction.tenants.find(id) else { throw HTTPProblem(.notFound) }
            guard condition.holds(for: tenant.version) else { throw HTTPProblem(.preconditionFailed) }
            let counts = try await transaction.removals.rowCounts(of: id).filter { $0.rows > 0 }
            return [
                "tenant": .string(id.rawValue),
                "status": .string(tenant.status.rawValue),
                "rows": .object(counts.map { JSONValue.Member(name: $0.table, value: .integer($0.rows)) }),
                "remaining": try await transaction.removals.progress(of: id).remaining,
            ]
        }
    }

    private func waitUntilGone(_ id: TenantID, until deadline: ContinuousClock.Instant) async throws -> Bool {
        func isGone() async throws -> Bool {
            try await self.database.system { try await $0.tenants.find(id) } == nil
        }
        guard deadline > .now else { return try await isGone() }
        return try await self.changes.first(
            on: Channel.reconciled,
            of: id,
            within: deadline - .now,
            every: .milliseconds(500)
        ) {
            try await isGone() ? true : nil
        } ?? false
    }
}

extension RemovalProgress {
    /// Our rows on the PBX, as far as is known.
    var remaining: JSONValue {
        .array(
            self.rows.map { row in
                [
                    "extension_id": .integer(row.extensionID.rawValue), "event_id": .integer(row.eventID),
                    "event_type": .string(row.eventType),
                ]
            }
        )
    }

    /// How far the removal is.
    func json(of id: TenantID, in language: Language) -> JSONValue {
        [
            "tenant": .string(id.rawValue),
            "status": .string(Tenant.Status.removing.rawValue),
            "remaining": self.remaining,
            "agents": .array(self.agents.map { .integer($0) }),
            "extensions": .array(
                self.extensions.map { waiting in
                    [
                        "extension_id": .integer(waiting.id.rawValue),
                        "problem": waiting.problem.map { problem in
                            let entry = problem.code.entry
                            return [
                                "code": .string(problem.code.rawValue),
                                "title": .string(entry.title[language]),
                                "detail": .string(
                                    [entry.meaning[language], entry.remedy[language], Self.wayOut[language]]
                                        .joined(separator: " ")
                                ),
                            ]
                        } ?? .null,
                    ]
                }
            ),
        ]
    }

    private static let wayOut = LocalizedText(
        ru:
            "Удаление продолжится само. Если АТС недоступна навсегда, повторите DELETE с force=true: данные удалятся сразу, а в ответе будет список событий, которые останутся на АТС.",
        en:
            "The removal goes on by itself. If the PBX is out of reach for good, repeat the DELETE with force=true: the data goes at once, and the answer lists the events that stay on the PBX."
    )
}
