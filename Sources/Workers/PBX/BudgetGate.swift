import RingmeAPI
import Storage
import Synchronization
import Telephony

import struct FoundationEssentials.UUID

/// Asks the stored budget of the PBX client before each request, waits for its turn at a resource that takes one request at a
/// time, and stores what each answer said: all server processes count together.
final class BudgetGate: PBXGate {
    private struct State {
        var waitSeconds: Int?
        var storageFailure: (any Error)?
        /// The request on its way has the turn at its resource.
        var hasTurn = false
    }

    /// Whether a request may be sent.
    private enum Admission {
        case go(hasTurn: Bool)
        case wait(seconds: Int)
        /// Another process's request is on its way to a resource that takes one at a time.
        case notItsTurn
    }

    /// Longer than a request takes: after a kill its turn is free again then.
    private static let turnSeconds = 30
    /// How often it is looked whether another process has given the turn back.
    private static let turnInterval = Duration.milliseconds(100)
    /// How long a turn is waited for in all, in this process and among the processes: well within a run's lease. Then it is as
    /// if the PBX had refused the request.
    private static let turnPatience = Duration.seconds(45)
    /// After a request that was concurrent with another (decisions section 3).
    private static let concurrentSeconds = 5

    private let owner: PBXBudgetOwner
    private let isInteractive: Bool
    private let database: Database
    private let turns: Turns
    /// Whose turn it is while a request of this gate is on its way.
    private let holder = UUID()
    private let state = Mutex(State())

    init(owner: PBXBudgetOwner, isInteractive: Bool, database: Database, turns: Turns) {
        self.owner = owner
        self.isInteractive = isInteractive
        self.database = database
        self.turns = turns
    }

    /// How long to wait, when a request was held back or refused for the budget.
    var waitSeconds: Int? { self.state.withLock { $0.waitSeconds } }

    /// - Throws: ``Storage/StorageError`` when the budget could not be read or written.
    func proveRecorded() throws {
        if let failure = self.state.withLock({ $0.storageFailure }) { throw failure }
    }

    func admit(_ operation: PBXOperation) async -> Bool {
        let deadline = ContinuousClock.now + Self.turnPatience
        await self.turns.take(operation, of: self.owner)
        if ContinuousClock.now < deadline {
            if await self.isAdmitted(operation, until: deadline) { return true }
        } else {
            self.state.withLock { $0.waitSeconds = Self.concurrentSeconds }
        }
        await self.turns.giveBack(operation, of: self.owner)
        return false
    }

    private func isAdmitted(_ operation: PBXOperation, until deadline: ContinuousClock.Instant) async -> Bool {
        repeat {
            switch await self.admission(of: operation) {
            case .go(let hasTurn):
                self.state.withLock { ($0.hasTurn, $0.waitSeconds) = (hasTurn, nil) }
                return true
            case .wait(let seconds):
                self.state.withLock { $0.waitSeconds = seconds }
                return false
            case .notItsTurn:
                // Those that come now need not all look.
                await self.turns.oneAtATime(operation, of: self.owner)
                self.state.withLock { $0.waitSeconds = Self.concurrentSeconds }
                do {
                    try await Task.sleep(for: Self.turnInterval)
                } catch {
                    return false
                }
            case nil:
                return false
            }
        } while ContinuousClock.now < deadline
        return false
    }

    /// Nil when the database is away.
    private func admission(of operation: PBXOperation) async -> Admission? {
        await self.stored { transaction in
            let budget = try await transaction.lockBudget(of: self.owner)
            if case .wait(let seconds) = BudgetRule.decide(budget, isInteractive: self.isInteractive) {
                return .wait(seconds: seconds)
            }
            let turn = try await transaction.takeTurn(
                at: operation.rawValue,
                of: self.owner,
                holder: self.holder,
                seconds: Self.turnSeconds
            )
            guard turn != .waits else { return .notItsTurn }
            try await transaction.takeRequest(of: self.owner)
            return .go(hasTurn: turn == .taken)
        }
    }

    func ended(_ operation: PBXOperation, rateLimit: RateLimit?, error: PBXError?) async {
        let isConcurrent = error?.code == .concurrentRequest
        if isConcurrent {
            await self.turns.oneAtATime(operation, of: self.owner)
        }
        let hadTurn = self.state.withLock { state in
            defer { state.hasTurn = false }
            return state.hasTurn
        }
        let isUnanswered = error.map { $0.httpStatus == nil && rateLimit == nil } ?? false
        let news = PBXBudgetNews(rateLimit, error)
        let blockedSeconds = await self.stored { transaction in
            // The budget is locked before the turn, here as at the admission.
            var blockedSeconds = 0
            if isUnanswered {
                try await transaction.giveBackRequest(of: self.owner)
            } else {
                blockedSeconds = try await transaction.recordBudget(news, of: self.owner)
            }
            if isConcurrent {
                try await transaction.needTurns(at: operation.rawValue, of: self.owner)
            }
            if hadTurn {
                try await transaction.giveBackTurn(at: operation.rawValue, of: self.owner, holder: self.holder)
            }
            return blockedSeconds
        }
        await self.turns.giveBack(operation, of: self.owner)
        if news.refusal != nil, let blockedSeconds {
            self.state.withLock { $0.waitSeconds = max(blockedSeconds, 1) }
        }
    }

    /// Nil, and the error kept, when the database is away.
    private func stored<Value: Sendable>(_ body: (SystemTransaction) async throws -> Value) async -> Value? {
        do {
            return try await self.database.system(body)
        } catch {
            self.state.withLock { $0.storageFailure = error }
            return nil
        }
    }
}

extension PBXBudgetNews {
    init(_ rateLimit: RateLimit?, _ error: PBXError?) {
        self.init(limit: rateLimit?.limit, remaining: rateLimit?.remaining, resetSeconds: rateLimit?.resetSeconds)
        if case .rateLimited(let retryAfter) = error?.code {
            self.refusal = retryAfter.map { .seconds(Int($0.components.seconds)) } ?? .unsaid
        }
    }
}
