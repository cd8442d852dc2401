import CoreMetrics
import Synchronization

/// A counter of whole numbers.
final class CounterSeries: MetricSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        // A counter that falls looks like a restart of the process to Prometheus.
        guard amount > 0 else { return }
        self.value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        self.value.store(0, ordering: .relaxed)
    }

    func render(name: String, labels: String, into text: inout String) {
        PrometheusText.appendSample(name, labels, String(self.value.load(ordering: .relaxed)), to: &text)
    }
}

/// A counter of fractional amounts.
final class FloatingCounterSeries: MetricSeries, FloatingPointCounterHandler {
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        self.value.withLock { $0 += amount }
    }

    func reset() {
        self.value.withLock { $0 = 0 }
    }

    func render(name: String, labels: String, into text: inout String) {
        PrometheusText.appendSample(name, labels, PrometheusText.number(self.value.withLock { $0 }), to: &text)
    }
}
