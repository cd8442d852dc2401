import Logging
import Postgres
import RingmeAPI
import Storage
import Telephony

/// One run over one extension: list, plan, steps one by one, result (decisions section 3).
///
/// No transaction is held over a request. A run that dies anywhere is repeated by whoever claims the to-do next, with the same
/// end: the plan starts from the PBX's list, never from what we believe is there.
struct ReconcileRun {
    let claim: ReconcileClaim
    let database: Database
    let gateway: PBXGateway
    let keyRing: KeyRing
    let publicURL: String
    let leaseSeconds: Int
    let logger: Logger

    /// Between tries of what needs somebody's help but must not be forgotten.
    private static let unconfirmedRetrySeconds = 900

    /// The event types of the rows that the steps added and removed.
    private var added: [String] = []
    private var removed: [String] = []
    /// The limit that the PBX showed by refusing a row.
    private var observedLimit: Int?
    /// The tokens of our rows as the lists had them.
    private var listedTokens: Set<EventToken> = []
    /// Retired tokens that the PBX has no row with any more.
    private var unusedTokens: Set<EventToken> = []

    init(
        claim: ReconcileClaim,
        database: Database,
        gateway: PBXGateway,
        keyRing: KeyRing,
        publicURL: String,
        leaseSeconds: Int,
        logger: Logger
    ) {
        self.claim = claim
        self.database = database
        self.gateway = gateway
        self.keyRing = keyRing
        self.publicURL = publicURL
        self.leaseSeconds = leaseSeconds
        self.logger = logger
    }

    /// How the run ended.
    private struct End {
        var state: SubscriptionState.State
        var plan: SubscriptionPlan?
        var rows: [SubscriptionRow]?
        var missing: [String] = []
        var problem: Problem?
        var outcome: ReconcileOutcome
    }

    /// - Throws: ``Storage/StorageError`` when the result could not be recorded; the to-do is then claimed again later.
    mutating func run() async throws {
        guard let target = try await self.database.system({ try await $0.reconcileClaims.target(of: self.claim) })
        else {
            return
        }
        let end: End
        do {
            end = try await self.reconcile(target)
        } catch let failure as PBXFailure {
            guard let afterFailure = try await self.end(after: failure, target: target) else { return }
            end = afterFailure
        } catch let error as KeyRing.OpenError {
            self.logger.error(
                "a secret of the tenant cannot be opened",
                metadata: self.metadata.merging(["error": "\(error)"]) { first, _ in first }
            )
            end = End(
                state: .failed,
                problem: Problem(error),
                outcome: .retry(afterSeconds: Self.unconfirmedRetrySeconds)
            )
        } catch is LeaseLost {
            self.logger.notice("another process took a reconcile run over", metadata: self.metadata)
            return
        }
        try await self.record(end)
    }

    private mutating func reconcile(_ target: ReconcileTarget) async throws -> End {
        if target.isWanted, target.type == nil {
            // Which events are wanted depends on the type, which only the directory knows.
            guard !target.directoryIsKnown else {
                return End(
                    state: .failed,
                    problem: Problem(code: .extensionGone, data: PostgresJSON(bytes: Array("{}".utf8))),
                    outcome: .settled
                )
            }
            return End(
                state: .pending,
                outcome: .retry(afterSeconds: PBXTrouble.backoff(self.claim.attempts, first: 2, most: 300))
            )
        }
        let wanted = target.isWanted ? target.type.map(wantedEvents(for:)) ?? [] : []
        let tokens = try await self.database.system { transaction in
            try await transaction.eventTokens.tokens(
                of: self.claim.scope,
                extensionID: self.claim.extensionID,
                keyRing: self.keyRing
            )
        }
        if !target.isWanted, tokens.all.isEmpty {
            return End(state: .removed, outcome: .settled)
        }
        let session = try self.gateway.session(for: target.tenant)
        try await session.resolveClient(
            of: target.tenant,
            scope: self.claim.scope,
            isInteractive: self.claim.isInteractive
        )
        self.observedLimit = self.claim.isInteractive ? nil : target.observedLimit

        var steps = SubscriptionSteps(
            sender: self.claim.extensionID,
            lease: ReconcileLease(claim: self.claim, seconds: self.leaseSeconds, database: self.database),
            session: session,
            isInteractive: self.claim.isInteractive,
            url: tokens.live?.eventURL(publicURL: self.publicURL)
        )
        defer { (self.added, self.removed) = (steps.added.map(\.eventType), steps.removed) }
        var rowsAtRefusal: Int?
        for _ in 0..<6 {
            let rows: [SubscriptionRow]
            do {
                rows = try await steps.list()
            } catch PBXFailure.pbx(let error) where error.code == .notFound && !target.isWanted {
                self.unusedTokens = tokens.retired
                return End(state: .removed, rows: [], outcome: .settled)
            }
            let owned = ownedRows(rows, tokens: tokens.all)
            self.listedTokens.formUnion(owned.map(\.token))
            if let refused = rowsAtRefusal {
                // The number of rows at the refusal is the limit that the PBX showed. The list may have fewer: others take
                // rows off meanwhile. Had they done so before, it is one too many, which the next refusal shows.
                self.observedLimit = max(refused, rows.count)
                rowsAtRefusal = nil
            }
            let plan = planSubscriptions(
                wanted: wanted,
                liveToken: tokens.live,
                tokens: tokens.all,
                publicURL: self.publicURL,
                rows: rows,
                limit: max(self.observedLimit ?? target.tenant.settings.eventLimit, rows.count)
            )
            // An incomplete set cannot register calls, so what a run has added in vain goes again, also another run's that
            // did not get through.
            let unsettled = owned.map(\.row.id).filter { !target.settledRows.contains($0) }
            if plan.limitProblem != nil, !unsettled.isEmpty {
                try await steps.takeBack(unsettled)
                continue
            }
            switch try await steps.execute(plan, over: rows) {
            case .done(let ours):
                self.unusedTokens = tokens.retired
                return self.end(of: plan, ours: ours, target: target)
            case .lookAgain:
                continue
            case .refused(let error, let rowsThen) where error.isAboutLimit:
                rowsAtRefusal = rowsThen
            case .refused(let error, _):
                try await steps.takeBack(Set(steps.added.map(\.id)).union(unsettled).sorted())
                guard case .refused = error.code else { throw PBXFailure.pbx(error) }
                return End(
                    state: .failed,
                    problem: Problem(
                        code: .eventTypeRefused,
                        data: PostgresJSON(encoding: ["message": error.message])
                    ),
                    outcome: .settled
                )
            }
        }
        return End(
            state: .pending,
            outcome: .retry(afterSeconds: PBXTrouble.backoff(self.claim.attempts, first: 2, most: 900))
        )
    }

    private func end(of plan: SubscriptionPlan, ours: [SubscriptionRow], target: ReconcileTarget) -> End {
        let missing = plan.missing
        if !target.isWanted {
            return End(state: .removed, plan: plan, rows: ours, outcome: .settled)
        }
        if let type = target.type, !type.isSubscribable {
            return End(
                state: .failed,
                plan: plan,
                rows: ours,
                problem: Problem(code: .eventTypeRefused, data: PostgresJSON(encoding: ["type": type.rawValue])),
                outcome: .settled
            )
        }
        if let limit = plan.limitProblem {
            return End(
                state: .failed,
                plan: plan,
                rows: ours,
                missing: missing,
                problem: Problem(code: .eventLimitReached, data: PostgresJSON(encoding: LimitDetails(limit))),
                outcome: .settled
            )
        }
        return End(
            state: missing.isEmpty ? .active : .failed,
            plan: plan,
            rows: ours,
            missing: missing,
            outcome: .settled
        )
    }

    /// Nil when the run was put off without a word: a look that nobody waits for says nothing about what works.
    private func end(after failure: PBXFailure, target: ReconcileTarget) async throws -> End? {
        let trouble = PBXTrouble(failure, attempts: self.claim.attempts)
        self.logger.notice(
            "a reconcile run did not get through",
            metadata: self.metadata.merging(["problem": "\(trouble.problem.code.rawValue)"]) { first, _ in first }
        )
        guard let seconds = trouble.retryAfterSeconds else {
            // What must leave the PBX stays to be done until the PBX confirms it.
            let outcome: ReconcileOutcome =
                target.isWanted ? .settled : .retry(afterSeconds: Self.unconfirmedRetrySeconds)
            return End(state: .failed, problem: trouble.problem, outcome: outcome)
        }
        if self.claim.isDriftCheck, let state = target.state, state != .pending {
            try await self.database.system { transaction in
                try await transaction.reconcileClaims.putOff(self.claim, seconds: seconds)
            }
            return nil
        }
        return End(state: .pending, problem: trouble.problem, outcome: .retry(afterSeconds: seconds))
    }

    private func record(_ end: End) async throws {
        let state = SubscriptionState(
            extensionID: self.claim.extensionID,
            state: end.state,
            generation: self.claim.generation,
            slots: end.plan.map { plan in
                SubscriptionState.Slots(
                    limit: plan.after.limit,
                    used: plan.after.used,
                    ours: plan.after.ours,
                    foreignHosts: plan.after.foreignHosts
                )
            },
            missing: end.missing,
            added: self.added,
            removed: self.removed,
            observedLimit: self.observedLimit
        )
        // Not in one transaction with the end: a change of mappings locks tokens first and to-dos after them.
        try await self.database.system { transaction in
            try await transaction.reconcileClaims.noteUnused(
                self.unusedTokens,
                seen: self.listedTokens.intersection(self.unusedTokens),
                of: self.claim
            )
        }
        let recorded = try await self.database.system { transaction in
            try await transaction.reconcileClaims.finish(
                self.claim,
                state: state,
                rows: end.rows?.map { ($0.id, $0.eventType) },
                problem: end.problem,
                outcome: end.outcome
            )
        }
        if !recorded {
            self.logger.notice("another process took a reconcile run over", metadata: self.metadata)
        }
    }

    private var metadata: Logger.Metadata {
        ["tenant.id": "\(self.claim.scope.tenantID)", "extension.id": "\(self.claim.extensionID.rawValue)"]
    }
}

extension PBXError {
    /// The PBX refuses a row, and not for the extension's type: then its text names the `ivr-type` (vendor's API notes).
    fileprivate var isAboutLimit: Bool {
        guard case .refused = self.code else { return false }
        return !self.message.lowercased().contains("ivr-type")
    }
}

/// The lease of a run over one extension.
private struct ReconcileLease: RunLease {
    let claim: ReconcileClaim
    let seconds: Int
    let database: Database

    func renew() async throws {
        let holds = try await self.database.system { transaction in
            try await transaction.reconcileClaims.renew(self.claim, leaseSeconds: self.seconds)
        }
        guard holds else { throw LeaseLost() }
    }

    func noteAdded(_ row: SubscriptionRow) async throws {
        try await self.database.system { transaction in
            try await transaction.reconcileClaims.noteAdded(self.claim, eventID: row.id, eventType: row.eventType)
        }
    }

    func noteDeleted(_ rowID: Int64) async throws {
        try await self.database.system { try await $0.reconcileClaims.noteDeleted(self.claim, eventID: rowID) }
    }
}

/// The numbers of a limit problem, as the contract shows them.
struct LimitDetails: Encodable {
    var limit: Int
    var used: Int
    var ours: Int
    var needed: Int
    var free: Int
    var foreignHosts: [String: Int]
    var missing: [String]

    init(_ problem: SubscriptionPlan.LimitProblem) {
        self.limit = problem.limit
        self.used = problem.used
        self.ours = problem.ours
        self.needed = problem.needed
        self.free = problem.free
        self.foreignHosts = problem.foreignHosts
        self.missing = problem.missing
    }

    enum CodingKeys: String, CodingKey {
        case limit, used, ours, needed, free, missing
        case foreignHosts = "foreign_hosts"
    }
}
