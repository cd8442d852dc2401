import HTTPTypes
import Synchronization

/// Bounds how many of something exist at once.
final class ConcurrencyLimit: Sendable {
    /// The right to be one of them, for as long as somebody holds on to it.
    final class Permit: Sendable {
        private let limit: ConcurrencyLimit

        fileprivate init(_ limit: ConcurrencyLimit) {
            self.limit = limit
        }

        deinit {
            self.limit.count.withLock { $0 -= 1 }
        }
    }

    private let maximum: Int
    private let count = Mutex(0)

    init(_ maximum: Int) {
        self.maximum = maximum
    }

    /// How many there are.
    var inUse: Int { self.count.withLock { $0 } }

    /// - Throws: ``HTTPProblem`` 503 with `detail` when there are as many as may be.
    func acquire(orSay detail: LocalizedText, retryAfterSeconds: Int) throws(HTTPProblem) -> Permit {
        let isFree = self.count.withLock { count in
            guard count < self.maximum else { return false }
            count += 1
            return true
        }
        guard isFree else {
            throw HTTPProblem(.overloaded, detail: detail, headers: [.retryAfter: String(retryAfterSeconds)])
        }
        return Permit(self)
    }
}
