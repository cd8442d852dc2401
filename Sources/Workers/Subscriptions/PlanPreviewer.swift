import Logging
import Postgres
import RingmeAPI
package import Storage
import Telephony

/// Tells what reconcile runs would do, from fresh lists of the PBX. Writes nothing: neither to the PBX nor to the database, but
/// for what the answers said of the budget.
package struct PlanPreviewer: Sendable {
    private let database: Database
    private let gateway: PBXGateway
    private let keyRing: KeyRing
    private let publicURL: String

    private static let listsAtOnce = 4

    /// `publicURL`: `PUBLIC_URL`, the base of the event URLs.
    package init(database: Database, gateway: PBXGateway, keyRing: KeyRing, publicURL: String) {
        self.database = database
        self.gateway = gateway
        self.keyRing = keyRing
        self.publicURL = publicURL
    }

    /// The plans of the extensions, in their order. An extension whose list cannot be read has a problem instead; when that
    /// concerns the whole PBX the rest is not asked.
    ///
    /// `generator`: makes the tokens that stand for those that new mappings get; they never leave.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func preview(
        _ subjects: [PlanPreview.Subject],
        of scope: TenantScope,
        using generator: inout some RandomNumberGenerator
    ) async throws -> PlanPreview {
        let listed = try await self.database.tenant(scope) { try await $0.directory.list() }
        let names = Dictionary(listed.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        guard let tenant = try await self.database.system({ try await $0.tenants.find(scope.tenantID) }) else {
            return PlanPreview(entries: [], availableRequests: nil)
        }
        var entries: [PlanPreview.Entry] = []
        var session: PBXSession?
        // Of the whole PBX: nobody else needs to be asked.
        var obstacle: Problem?
        do {
            let opened = try self.gateway.session(for: tenant)
            session = opened
            try await opened.resolveClient(of: tenant, scope: scope, isInteractive: true)
        } catch let failure as PBXFailure {
            obstacle = PBXTrouble(failure, attempts: 0).problem
        } catch let error as KeyRing.OpenError {
            obstacle = Problem(error)
        }
        for start in stride(from: 0, to: subjects.count, by: Self.listsAtOnce) {
            let some = subjects[start..<min(start + Self.listsAtOnce, subjects.count)]
            let questions = some.map { subject in
                Question(
                    subject: subject,
                    name: names[subject.extensionID],
                    placeholder: EventToken.generate(using: &generator)
                )
            }
            let (session, found) = (session, obstacle)
            let answers = try await withThrowingTaskGroup(of: (PlanPreview.Entry, Problem?).self) { group in
                for question in questions {
                    group.addTask {
                        try await self.entry(of: question, scope: scope, session: session, obstacle: found)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            entries += answers.map(\.0)
            obstacle = obstacle ?? answers.compactMap(\.1).first
        }
        let budget = try await session?.budget()
        return PlanPreview(
            entries: entries.sorted { $0.extensionID < $1.extensionID },
            availableRequests: BudgetRule.available(budget, isInteractive: true)
        )
    }

    /// One extension to plan for.
    private struct Question: Sendable {
        var subject: PlanPreview.Subject
        var name: String?
        /// Stands for the token that a new mapping would get.
        var placeholder: EventToken
    }

    /// The entry, and its problem again when that is the whole PBX's.
    private func entry(
        of question: Question,
        scope: TenantScope,
        session: PBXSession?,
        obstacle: Problem?
    ) async throws -> (PlanPreview.Entry, Problem?) {
        let id = question.subject.extensionID
        let target = try await self.database.system { transaction in
            try await transaction.reconcileClaims.target(of: scope, extensionID: id)
        }
        var entry = PlanPreview.Entry(extensionID: id, name: question.name, type: target?.type?.rawValue)
        guard let target else { return (entry, nil) }
        let isWanted = question.subject.isMapped && target.tenant.status == .active
        if isWanted, target.type == nil {
            // Which events are wanted depends on the type, which only the directory knows.
            let code: Problem.Code = target.directoryIsKnown ? .extensionGone : obstacle?.code ?? .pbxUnreachable
            entry.problem = PlanPreview.Trouble(Problem(code: code, data: obstacle?.data ?? .empty))
            return (entry, nil)
        }
        var tokens: EventTokens
        do {
            tokens = try await self.database.system { transaction in
                try await transaction.eventTokens.tokens(of: scope, extensionID: id, keyRing: self.keyRing)
            }
        } catch let error as KeyRing.OpenError {
            entry.problem = PlanPreview.Trouble(Problem(error))
            return (entry, nil)
        }
        if !question.subject.isMapped {
            tokens.live = nil
        } else if tokens.live == nil {
            tokens.live = question.placeholder
        }
        if !isWanted, tokens.all.isEmpty { return (entry, nil) }
        // The list.
        entry.requests = 1
        guard let session, obstacle == nil else {
            entry.problem = obstacle.map(PlanPreview.Trouble.init)
            return (entry, nil)
        }
        let rows: [SubscriptionRow]
        do {
            rows = try await session.send(isInteractive: true) { client throws(PBXError) in
                try await client.events(of: id)
            }
        } catch PBXFailure.pbx(let error) where error.code == .notFound && !isWanted {
            return (entry, nil)
        } catch let failure as PBXFailure {
            let problem = PBXTrouble(failure, attempts: 0).problem
            entry.problem = PlanPreview.Trouble(problem)
            return (entry, failure.isOfWholePBX ? problem : nil)
        }
        self.plan(target, isWanted: isWanted, tokens: tokens, rows: rows, into: &entry)
        return (entry, nil)
    }

    /// As a run plans. What a run that did not get through has left is taken back first when the rest does not fit.
    private func plan(
        _ target: ReconcileTarget,
        isWanted: Bool,
        tokens: EventTokens,
        rows: [SubscriptionRow],
        into entry: inout PlanPreview.Entry
    ) {
        let wanted = isWanted ? target.type.map(wantedEvents(for:)) ?? [] : []
        func planned(over rows: [SubscriptionRow]) -> SubscriptionPlan {
            planSubscriptions(
                wanted: wanted,
                liveToken: tokens.live,
                tokens: tokens.all,
                publicURL: self.publicURL,
                rows: rows,
                limit: max(target.observedLimit ?? target.tenant.settings.eventLimit, rows.count)
            )
        }
        var plan = planned(over: rows)
        entry.before = PlanPreview.Slots(plan.before)
        let unsettled = ownedRows(rows, tokens: tokens.all).map(\.row).filter { !target.settledRows.contains($0.id) }
        if plan.limitProblem != nil, !unsettled.isEmpty {
            entry.steps = unsettled.map { row in
                PlanPreview.Step(.init(action: .delete(rowID: row.id, eventType: row.eventType), reason: .unwanted))
            }
            entry.requests += 1 + unsettled.count
            let ids = Set(unsettled.map(\.id))
            plan = planned(over: rows.filter { !ids.contains($0.id) })
        }
        entry.steps += plan.steps.map(PlanPreview.Step.init)
        entry.after = PlanPreview.Slots(plan.after)
        entry.requests += plan.writes.count
        if isWanted, let type = target.type, !type.isSubscribable {
            let data = PostgresJSON(encoding: ["type": type.rawValue])
            entry.problem = PlanPreview.Trouble(Problem(code: .eventTypeRefused, data: data))
        } else if let limit = plan.limitProblem {
            let data = PostgresJSON(encoding: LimitDetails(limit))
            entry.problem = PlanPreview.Trouble(Problem(code: .eventLimitReached, data: data))
        }
    }
}

extension PostgresJSON {
    fileprivate static let empty = PostgresJSON(bytes: Array("{}".utf8))
}

extension PBXFailure {
    /// Whether the next request would fail likewise, whatever it asks.
    var isOfWholePBX: Bool {
        switch self {
        case .overBudget: true
        case .pbx(let error):
            switch error.code {
            case .unauthorized, .unavailable, .timedOut, .rateLimited, .heldBack, .cancelled: true
            case .invalidRequest, .accessDenied, .notFound, .concurrentRequest, .refused, .unparsable: false
            }
        }
    }
}
