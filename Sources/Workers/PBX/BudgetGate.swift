import RingmeAPI
import Storage
import Synchronization
import Telephony

/// Asks the stored budget of the PBX client before each request, and stores what each answer said: all server processes
/// count together.
final class BudgetGate: PBXGate {
    private struct State {
        var waitSeconds: Int?
        var storageFailure: (any Error)?
    }

    private let owner: PBXBudgetOwner
    private let isInteractive: Bool
    private let database: Database
    private let turns: Turns
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
        await self.turns.take(operation, of: self.owner)
        let decision = await self.stored { transaction in
            let budget = try await transaction.lockBudget(of: self.owner)
            let decision = BudgetRule.decide(budget, isInteractive: self.isInteractive)
            if decision == .go {
                try await transaction.takeRequest(of: self.owner)
            }
            return decision
        }
        switch decision {
        case .go:
            return true
        case .wait(let seconds):
            self.state.withLock { $0.waitSeconds = seconds }
        case nil:
            break
        }
        await self.turns.giveBack(operation, of: self.owner)
        return false
    }

    func ended(_ operation: PBXOperation, rateLimit: RateLimit?, error: PBXError?) async {
        if error?.code == .concurrentRequest {
            await self.turns.oneAtATime(operation, of: self.owner)
        }
        await self.turns.giveBack(operation, of: self.owner)
        if let error, error.httpStatus == nil, rateLimit == nil {
            _ = await self.stored { try await $0.giveBackRequest(of: self.owner) }
            return
        }
        let news = PBXBudgetNews(rateLimit, error)
        let blockedSeconds = await self.stored { try await $0.recordBudget(news, of: self.owner) }
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
