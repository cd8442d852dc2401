import Storage

/// Whether a request may be sent now (decisions section 3): a run stops before the remaining requests fall under a reserve
/// for the client's other applications; what somebody waits for may use most of it.
enum BudgetRule {
    enum Decision: Hashable, Sendable {
        case go
        case wait(seconds: Int)
    }

    /// Percent of the limit that stay for others.
    static func reservePercent(isInteractive: Bool) -> Int { isInteractive ? 5 : 20 }

    /// How many requests may be sent before the next has to wait; nil while the PBX has not said.
    static func available(_ budget: PBXBudget?, isInteractive: Bool) -> Int? {
        guard let budget, let limit = budget.limit, let remaining = budget.remaining else { return nil }
        let reserve = limit * self.reservePercent(isInteractive: isInteractive) / 100
        return budget.blockedSeconds > 0 ? 0 : max(remaining - reserve, 0)
    }

    /// `budget`: nil before the first answer of this PBX client.
    static func decide(_ budget: PBXBudget?, isInteractive: Bool) -> Decision {
        guard let budget else { return .go }
        if budget.blockedSeconds > 0 {
            return .wait(seconds: budget.blockedSeconds)
        }
        guard let limit = budget.limit, let remaining = budget.remaining else { return .go }
        let reserve = limit * self.reservePercent(isInteractive: isInteractive) / 100
        if remaining > reserve {
            return .go
        }
        return .wait(seconds: max(budget.resetSeconds ?? 60, 1))
    }
}
