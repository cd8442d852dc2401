import HTTPTypes
import Synchronization
import Telephony

/// Bounds how many of something exist at once, and how many of them one tenant has: no tenant can take them all.
final class ConcurrencyLimit: Sendable {
    /// The right to be one of them, for as long as somebody holds on to it.
    final class Permit: Sendable {
        private let limit: ConcurrencyLimit
        private let tenantID: TenantID

        fileprivate init(_ limit: ConcurrencyLimit, tenantID: TenantID) {
            self.limit = limit
            self.tenantID = tenantID
        }

        deinit {
            self.limit.giveBack(self.tenantID)
        }
    }

    private struct State {
        var total = 0
        var ofTenant: [TenantID: Int] = [:]
    }

    private let maximum: Int
    private let maximumOfTenant: Int
    private let state = Mutex(State())

    init(_ maximum: Int, ofTenant maximumOfTenant: Int) {
        self.maximum = maximum
        self.maximumOfTenant = maximumOfTenant
    }

    /// How many there are.
    var inUse: Int { self.state.withLock(\.total) }

    /// - Throws: ``HTTPProblem`` 503 with `detail` when there are as many as may be, at all or of this tenant.
    func acquire(
        for tenantID: TenantID,
        orSay detail: LocalizedText,
        retryAfterSeconds: Int
    ) throws(HTTPProblem) -> Permit {
        let isFree = self.state.withLock { state in
            let own = state.ofTenant[tenantID] ?? 0
            guard state.total < self.maximum, own < self.maximumOfTenant else { return false }
            state.total += 1
            state.ofTenant[tenantID] = own + 1
            return true
        }
        guard isFree else {
            throw HTTPProblem(.overloaded, detail: detail, headers: [.retryAfter: String(retryAfterSeconds)])
        }
        return Permit(self, tenantID: tenantID)
    }

    private func giveBack(_ tenantID: TenantID) {
        self.state.withLock { state in
            state.total -= 1
            let own = (state.ofTenant[tenantID] ?? 1) - 1
            state.ofTenant[tenantID] = own > 0 ? own : nil
        }
    }
}
