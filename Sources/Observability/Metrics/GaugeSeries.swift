import CoreMetrics
import Synchronization

/// A value that goes up and down: a `Meter`, or a `Gauge` (a recorder without aggregation).
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) {
        self.set(Double(value))
    }

    func set(_ value: Double) {
        self.value.withLock { $0 = value }
    }

    func increment(by amount: Double) {
        self.value.withLock { $0 += amount }
    }

    func decrement(by amount: Double) {
        self.value.withLock { $0 -= amount }
    }

    func record(_ value: Int64) {
        self.set(Double(value))
    }

    func record(_ value: Double) {
        self.set(value)
    }

    func render(name: String, labels: String, into text: inout String) {
        PrometheusText.appendSample(name, labels, PrometheusText.number(self.value.withLock { $0 }), to: &text)
    }
}
