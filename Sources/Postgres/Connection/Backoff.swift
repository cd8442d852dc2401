/// The pause before the next attempt to connect: 100 ms, doubling to 5 s.
enum Backoff {
    static func pause(afterFailures failures: Int) -> Duration {
        guard failures > 0 else {
            return .zero
        }
        let doublings = min(failures - 1, 6)
        return min(.milliseconds(100 << doublings), .seconds(5))
    }
}
