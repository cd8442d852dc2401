import CoreMetrics
import Synchronization

/// A distribution: a `Timer` in seconds, or an aggregating `Recorder` in whatever unit it records.
final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
    /// Upper bounds in seconds, 0.5 ms to 30 s: from one statement to the longest request.
    static let secondsBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Upper bounds of recorders that are not durations: batch sizes, rows, bytes.
    static let amountBounds: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000,
    ]

    private struct Distribution {
        /// Observations of each bucket alone; the last one has no bound.
        var counts: [UInt64]
        var sum: Double
    }

    private let bounds: [Double]
    private let distribution: Mutex<Distribution>

    /// An empty distribution.
    ///
    /// - Parameter bounds: the inclusive upper bounds of the buckets, ascending.
    init(bounds: [Double]) {
        self.bounds = bounds
        self.distribution = Mutex(Distribution(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    func recordNanoseconds(_ duration: Int64) {
        self.record(max(0, Double(duration)) / 1_000_000_000)
    }

    func record(_ value: Int64) {
        self.record(Double(value))
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = self.bounds.firstIndex { value <= $0 } ?? self.bounds.count
        self.distribution.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func render(name: String, labels: String, into text: inout String) {
        let distribution = self.distribution.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (index, count) in distribution.counts.enumerated() {
            total += count
            let bound = index < self.bounds.count ? PrometheusText.number(self.bounds[index]) : "+Inf"
            PrometheusText.appendSample(name + "_bucket", "\(prefix)le=\"\(bound)\"", String(total), to: &text)
        }
        PrometheusText.appendSample(name + "_sum", labels, PrometheusText.number(distribution.sum), to: &text)
        PrometheusText.appendSample(name + "_count", labels, String(total), to: &text)
    }
}
