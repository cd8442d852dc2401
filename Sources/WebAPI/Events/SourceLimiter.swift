import Synchronization

/// A token bucket for each source: how many requests for unknown event URLs it may send.
///
/// A pure value; the instant comes in. Memory is bounded: beyond `maximumSources` the full buckets are forgotten, which loses
/// nothing, and, when all are in use, all of them.
struct SourceBuckets {
    private struct Bucket {
        var tokens: Double
        var at: ContinuousClock.Instant
    }

    private var buckets: [[UInt8]: Bucket] = [:]
    let burst: Double
    let perSecond: Double
    let maximumSources: Int

    init(burst: Double, perSecond: Double, maximumSources: Int = 10_000) {
        self.burst = burst
        self.perSecond = perSecond
        self.maximumSources = maximumSources
    }

    /// Takes one token of a source.
    ///
    /// - Returns: nil when there was one; otherwise the seconds until there is.
    mutating func take(_ source: [UInt8], at now: ContinuousClock.Instant) -> Int? {
        if self.buckets[source] == nil, self.buckets.count >= self.maximumSources {
            self.forget(at: now)
        }
        var tokens = self.buckets[source].map { self.tokens($0, at: now) } ?? self.burst
        defer { self.buckets[source] = Bucket(tokens: tokens, at: now) }
        guard tokens >= 1 else { return max(1, Int(((1 - tokens) / self.perSecond).rounded(.up))) }
        tokens -= 1
        return nil
    }

    private func tokens(_ bucket: Bucket, at now: ContinuousClock.Instant) -> Double {
        let seconds = (now - bucket.at).milliseconds / 1_000
        return min(self.burst, bucket.tokens + max(0, seconds) * self.perSecond)
    }

    private mutating func forget(at now: ContinuousClock.Instant) {
        self.buckets = self.buckets.filter { self.tokens($0.value, at: now) < self.burst }
        if self.buckets.count >= self.maximumSources {
            self.buckets = [:]
        }
    }
}

/// The buckets, shared by all requests.
final class SourceLimiter: Sendable {
    private let buckets: Mutex<SourceBuckets>

    init(burst: Double, perSecond: Double) {
        self.buckets = Mutex(SourceBuckets(burst: burst, perSecond: perSecond))
    }

    /// Nil when the source may go on; otherwise the seconds that it must wait.
    func take(_ source: IPAddress?) -> Int? {
        self.buckets.withLock { $0.take(source?.source ?? [], at: .now) }
    }
}
