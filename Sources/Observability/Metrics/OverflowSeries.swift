import CoreMetrics
import Synchronization

/// Takes the updates of a metric that got no series of its own: too many label sets, or a name already used for another
/// kind of metric. It counts them, so that the loss is seen.
final class OverflowSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let updates = Atomic<Int64>(0)

    /// The number of updates that were dropped.
    var count: Int64 {
        self.updates.load(ordering: .relaxed)
    }

    func increment(by _: Int64) { self.drop() }
    func increment(by _: Double) { self.drop() }
    func decrement(by _: Double) { self.drop() }
    func set(_: Int64) { self.drop() }
    func set(_: Double) { self.drop() }
    func record(_: Int64) { self.drop() }
    func record(_: Double) { self.drop() }
    func recordNanoseconds(_: Int64) { self.drop() }
    func reset() {}

    private func drop() {
        self.updates.wrappingAdd(1, ordering: .relaxed)
    }
}
