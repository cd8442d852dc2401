/// A client's hourly request budget: so many requests in each window. The first window starts with the first request, and
/// where one ends the next begins.
package struct RateWindow: Hashable, Sendable {
    /// Requests that the PBX allows in one window.
    package var limit: Int
    /// The length of a window in seconds; an hour unless a test has no hour.
    package var seconds: Int
    private var used = 0
    private var startedAt: Int64?
    private var refusal: Refusal?

    /// What the client was told: nothing is left until then.
    private struct Refusal: Hashable {
        var until: Int64
        var told: Int64
        /// Requests since then that may have been on their way already.
        var overtakers = 0
    }

    /// What becomes of a request.
    enum Admission: Hashable {
        case admitted
        case refused
    }

    /// A request that came this soon (microseconds) after a refusal may have been on its way before it.
    private static let overtaking: Int64 = 200_000
    /// No more requests than this are on their way at one time, however slowly the clock goes.
    private static let mostOvertakers = 8

    init(limit: Int, seconds: Int = 3600) {
        self.limit = limit
        self.seconds = seconds
    }

    /// Counts a request. `isDefiant` says that the client had been told before to wait, and did not.
    mutating func admit(at now: Int64) -> (admission: Admission, isDefiant: Bool) {
        roll(to: now)
        let isDefiant = defies(at: now)
        guard used < limit else {
            refuse(until: end(at: now), at: now)
            return (.refused, isDefiant)
        }
        used += 1
        if used >= limit {
            refuse(until: end(at: now), at: now)
        }
        return (.admitted, isDefiant)
    }

    /// Notes that the client has been told to wait `wait` seconds.
    mutating func refuse(for wait: Int, at now: Int64) {
        refuse(until: now + Int64(wait) * 1_000_000, at: now)
    }

    private mutating func refuse(until: Int64, at now: Int64) {
        if let refusal, now < refusal.until {
            self.refusal?.until = max(refusal.until, until)
        } else {
            refusal = Refusal(until: until, told: now)
        }
    }

    /// Uses up requests as other applications of the client do.
    mutating func consume(_ requests: Int, at now: Int64) {
        roll(to: now)
        used += requests
    }

    /// Requests left in the window at `now`, microseconds since 1970-01-01 UTC.
    package func remaining(at now: Int64) -> Int {
        start(at: now) == startedAt ? max(0, limit - used) : limit
    }

    /// Seconds from `now`, microseconds since 1970-01-01 UTC, until the window ends; at least 1.
    package func resetSeconds(at now: Int64) -> Int {
        max(1, Int((end(at: now) - now + 999_999) / 1_000_000))
    }

    private var length: Int64 { Int64(seconds) * 1_000_000 }

    /// When the window that is open at `now` began; nil when none has begun.
    private func start(at now: Int64) -> Int64? {
        guard let startedAt, now >= startedAt else { return nil }
        return now - (now - startedAt) % length
    }

    /// When the window that is open at `now` ends.
    private func end(at now: Int64) -> Int64 {
        (start(at: now) ?? now) + length
    }

    private mutating func roll(to now: Int64) {
        let start = start(at: now) ?? now
        guard start != startedAt else { return }
        startedAt = start
        used = 0
    }

    private mutating func defies(at now: Int64) -> Bool {
        guard let refusal, now < refusal.until else { return false }
        guard now < refusal.told + Self.overtaking, refusal.overtakers < Self.mostOvertakers else { return true }
        self.refusal?.overtakers += 1
        return false
    }
}
