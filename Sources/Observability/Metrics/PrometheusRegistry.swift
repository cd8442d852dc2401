import CoreMetrics
import Synchronization

/// All metrics of the process, in memory, rendered on request in the text format of Prometheus.
///
/// Memory is bounded: a metric has at most `seriesLimit` label sets and the process at most 1,000 metrics. What comes
/// beyond, or uses a name for a second kind of metric, is counted in `ringbridge_metrics_overflow_total` and dropped.
package final class PrometheusRegistry: Sendable {
    /// The media type of `render()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// The counter of updates that found no series.
    package static let overflowName = "ringbridge_metrics_overflow_total"

    private static let familyLimit = 1_000
    private static let otherFamilies = "other"

    private struct Family {
        var kind: MetricKind
        var label: String
        var series: [String: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var overflows: [String: OverflowSeries] = [:]
        var help: [String: String] = [:]
    }

    private let state = Mutex(State())
    private let seriesLimit: Int
    private let process: @Sendable () -> ProcessMetrics

    /// An empty registry that shows the metrics of this process.
    ///
    /// - Parameter seriesLimit: how many label sets a metric may have.
    package convenience init(seriesLimit: Int = 2_000) {
        self.init(seriesLimit: seriesLimit, process: ProcessMetrics.current)
    }

    /// An empty registry.
    ///
    /// - Parameters:
    ///   - seriesLimit: how many label sets a metric may have.
    ///   - process: reads the metrics of the process at each rendering.
    init(seriesLimit: Int, process: @escaping @Sendable () -> ProcessMetrics) {
        self.seriesLimit = seriesLimit
        self.process = process
    }

    /// Sets the help text of a metric; without one its swift-metrics label is shown.
    ///
    /// - Parameters:
    ///   - text: one sentence that names the unit.
    ///   - label: the label that the metric is made with.
    package func setHelp(_ text: String, for label: String) {
        self.state.withLock { $0.help[label] = text }
    }

    /// All metrics: those of the program, the overflow counter, those of the process. Sorted by name and labels.
    ///
    /// - Returns: the body of an answer to a scrape.
    package func render() -> String {
        let state = self.state.withLock { $0 }
        var text = ""
        for (name, family) in state.families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            PrometheusText.appendHeader(name, family.kind, help: state.help[family.label] ?? family.label, to: &text)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, into: &text)
            }
        }
        let overflowHelp = "Updates of metrics that were dropped because the metric has too many series."
        PrometheusText.appendHeader(Self.overflowName, .counter, help: overflowHelp, to: &text)
        for (name, series) in state.overflows.sorted(by: { $0.key < $1.key }) {
            let labels = PrometheusText.labels([("metric", name)], isHistogram: false)
            PrometheusText.appendSample(Self.overflowName, labels, String(series.count), to: &text)
        }
        self.process().render(into: &text)
        return text
    }

    /// The series of a metric under a set of labels, made when it is new.
    ///
    /// - Parameters:
    ///   - label: the label of the metric in swift-metrics.
    ///   - name: its exported name.
    ///   - kind: what it is for Prometheus.
    ///   - dimensions: its labels.
    ///   - make: makes a new series.
    /// - Returns: the series, or where its updates are counted when it can have none.
    func series<Series: MetricSeries>(
        _ label: String,
        name: String,
        kind: MetricKind,
        dimensions: [(String, String)],
        make: () -> Series
    ) -> Slot<Series> {
        let labels = PrometheusText.labels(dimensions, isHistogram: kind == .histogram)
        return self.state.withLock { state in
            if let series = state.families[name]?.series[labels] as? Series {
                return .series(series)
            }
            let isNewName = state.families[name] == nil
            guard !isNewName || (state.families.count < Self.familyLimit && name != Self.overflowName) else {
                return .overflow(Self.overflow(Self.otherFamilies, in: &state))
            }
            var family = state.families[name] ?? Family(kind: kind, label: label)
            guard family.kind == kind, family.series[labels] == nil, family.series.count < self.seriesLimit else {
                return .overflow(Self.overflow(name, in: &state))
            }
            let series = make()
            // With the old value gone the dictionary of series is changed in place, not copied.
            state.families[name] = nil
            family.series[labels] = series
            state.families[name] = family
            return .series(series)
        }
    }

    /// Forgets a series.
    ///
    /// - Parameter handler: what the factory gave out.
    func remove(_ handler: AnyObject) {
        self.state.withLock { state in
            for (name, family) in state.families {
                if let labels = family.series.first(where: { $0.value === handler })?.key {
                    state.families[name]?.series[labels] = nil
                    return
                }
            }
        }
    }

    private static func overflow(_ name: String, in state: inout State) -> OverflowSeries {
        if let series = state.overflows[name] {
            return series
        }
        let series = OverflowSeries()
        state.overflows[name] = series
        return series
    }

    /// Where the updates of a metric go.
    enum Slot<Series: MetricSeries> {
        case series(Series)
        case overflow(OverflowSeries)
    }
}
