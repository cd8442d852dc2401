/// A client's hourly request budget: so many requests in a window that starts with its first request.
package struct RateWindow: Hashable, Sendable {
    /// Requests that the PBX allows in one window.
    package var limit: Int
    /// The length of a window in seconds; an hour unless a test has no hour.
    package var seconds: Int
    /// Requests used in the running window.
    package private(set) var used = 0
    private var startedAt: Int64?
    private var refusal: Refusal?

    /// What the client was told: nothing is left until then.
    private struct Refusal: Hashable {
        var until: Int64
        var told: Int64
    }

    /// What becomes of a request.
    enum Admission: Hashable {
        case admitted
        case refused
    }

    /// A request that came this soon (microseconds) after a refusal may have been on its way before it.
    private static let overtaking: Int64 = 200_000

    init(limit: Int, seconds: Int = 3600) {
        self.limit = limit
        self.seconds = seconds
    }

    /// Counts a request. `isDefiant` says that the client had been told before to wait, and did not.
    mutating func admit(at now: Int64) -> (admission: Admission, isDefiant: Bool) {
        roll(to: now)
        let isDefiant = refusal.map { now < $0.until && now >= $0.told + Self.overtaking } ?? false
        guard used < limit else {
            refuse(for: resetSeconds(at: now), at: now)
            return (.refused, isDefiant)
        }
        used += 1
        if used >= limit {
            refuse(for: resetSeconds(at: now), at: now)
        }
        return (.admitted, isDefiant)
    }

    /// Notes that the client has been told to wait `wait` seconds.
    mutating func refuse(for wait: Int, at now: Int64) {
        refusal = Refusal(until: now + Int64(wait) * 1_000_000, told: now)
    }

    /// Uses up requests as other applications of the client do.
    mutating func consume(_ requests: Int, at now: Int64) {
        roll(to: now)
        used += requests
    }

    /// Requests left in the running window.
    package var remaining: Int { max(0, limit - used) }

    /// Seconds until the budget is full again; at least 1.
    package func resetSeconds(at now: Int64) -> Int {
        guard let startedAt else { return seconds }
        let left = startedAt + Int64(seconds) * 1_000_000 - now
        return max(1, Int((left + 999_999) / 1_000_000))
    }

    private mutating func roll(to now: Int64) {
        if let startedAt, now < startedAt + Int64(seconds) * 1_000_000 { return }
        startedAt = now
        used = 0
    }
}
