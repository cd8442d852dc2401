import NIOCore

/// What load to make.
struct LoadPlan: Sendable {
    var target: SocketAddress
    var connections: Int
    var isNewConnectionEach: Bool
    var warmUp: TimeAmount
    var measured: TimeAmount
    /// Between two events; nil: each connection sends its next event at once.
    var interval: TimeAmount?
}

/// What became of it.
struct LoadResult: Sendable {
    /// Of each answer 200 in the measured time, in nanoseconds.
    var latencies: [Int64] = []
    var failures = 0
    var seconds = 0.0

    /// As `name=value`.
    var line: String {
        let sorted = self.latencies.sorted()
        func microseconds(_ quantile: Double) -> String {
            guard let last = sorted.indices.last else { return "nan" }
            return String(Double(sorted[min(last, Int(Double(sorted.count) * quantile))]) / 1_000)
        }
        return [
            "events=\(sorted.count)", "failures=\(self.failures)", "seconds=\(self.seconds)",
            "rate=\(Double(sorted.count) / self.seconds)", "p50_us=\(microseconds(0.5))",
            "p99_us=\(microseconds(0.99))", "p999_us=\(microseconds(0.999))", "max_us=\(microseconds(1))",
        ].joined(separator: " ")
    }
}
