/// One time series: the values of a metric under one set of labels. The objects behind `Counter`, `Timer` and the
/// others.
protocol MetricSeries: AnyObject, Sendable {
    /// Writes the samples in the text format of Prometheus.
    ///
    /// - Parameters:
    ///   - name: the exported name of the metric.
    ///   - labels: the rendered labels without braces; empty when there are none.
    ///   - text: where the lines go.
    func render(name: String, labels: String, into text: inout String)
}

/// What a metric is for Prometheus.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}
