import CoreMetrics
import Metrics
import Testing

@testable import Observability

@Suite("Prometheus registry")
struct PrometheusRegistryTests {
    private func registry(seriesLimit: Int = 2_000) -> PrometheusRegistry {
        PrometheusRegistry(seriesLimit: seriesLimit) { ProcessMetrics() }
    }

    /// The rendered text without the header of the overflow counter, which is always there.
    private func lines(_ registry: PrometheusRegistry) -> [String] {
        registry.render().split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("# HELP ringbridge_metrics_overflow_total")
                && !$0.hasPrefix("# TYPE ringbridge_metrics_overflow_total")
        }
    }

    @Test("each kind of metric is rendered under its exported name")
    func kinds() {
        let registry = self.registry()
        Counter(label: "ingest.events", factory: registry).increment(by: 3)
        FloatingPointCounter(label: "ingest.seconds", factory: registry).increment(by: 1.5)
        Meter(label: "pool.connections", factory: registry).set(4)
        Gauge(label: "queue.depth", factory: registry).record(2.5)
        #expect(
            self.lines(registry) == [
                "# HELP ingest_events_total ingest.events", "# TYPE ingest_events_total counter",
                "ingest_events_total 3",
                "# HELP ingest_seconds_total ingest.seconds", "# TYPE ingest_seconds_total counter",
                "ingest_seconds_total 1.5",
                "# HELP pool_connections pool.connections", "# TYPE pool_connections gauge", "pool_connections 4",
                "# HELP queue_depth queue.depth", "# TYPE queue_depth gauge", "queue_depth 2.5",
            ]
        )
    }

    @Test("a timer is a histogram in seconds with cumulative buckets")
    func timer() {
        let registry = self.registry()
        let timer = Timer(label: "http.request", dimensions: [("method", "GET")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(40)
        timer.recordSeconds(60)
        timer.recordNanoseconds(-5)
        let lines = self.lines(registry)
        #expect(lines.contains("# TYPE http_request_seconds histogram"))
        #expect(lines.contains(#"http_request_seconds_bucket{method="GET",le="0.0005"} 1"#))
        #expect(lines.contains(#"http_request_seconds_bucket{method="GET",le="0.001"} 2"#))
        #expect(lines.contains(#"http_request_seconds_bucket{method="GET",le="0.05"} 3"#))
        #expect(lines.contains(#"http_request_seconds_bucket{method="GET",le="30"} 3"#))
        #expect(lines.contains(#"http_request_seconds_bucket{method="GET",le="+Inf"} 4"#))
        #expect(lines.contains(#"http_request_seconds_count{method="GET"} 4"#))
        #expect(lines.contains(#"http_request_seconds_sum{method="GET"} 60.041"#))
    }

    @Test("an aggregating recorder is a histogram of amounts, and ignores what is no number")
    func recorder() {
        let registry = self.registry()
        let recorder = Recorder(label: "batch.rows", factory: registry)
        recorder.record(64)
        recorder.record(Double.nan)
        let lines = self.lines(registry)
        #expect(lines.contains(#"batch_rows_bucket{le="50"} 0"#))
        #expect(lines.contains(#"batch_rows_bucket{le="100"} 1"#))
        #expect(lines.contains("batch_rows_count 1"))
    }

    @Test("the same label and dimensions, in any order, are one series")
    func identity() {
        let registry = self.registry()
        Counter(label: "n", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "n", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(self.lines(registry).last == #"n_total{a="1",b="2"} 2"#)
    }

    @Test(
        "label values are escaped and label names made valid",
        arguments: [
            ("http.route", "/v1/calls", #"http_route="/v1/calls""#),
            ("quote", "a\"b\\c\nd", #"quote="a\"b\\c\nd""#),
            ("1st", "ж", #"_1st="ж""#),
            ("__name__", "x", #"_name__="x""#),
            ("path", "/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz", #"path="/ext-event/[redacted]""#),
        ]
    )
    func labels(name: String, value: String, expected: String) {
        let registry = self.registry()
        Counter(label: "n", dimensions: [(name, value)], factory: registry).increment()
        #expect(self.lines(registry).last == "n_total{\(expected)} 1")
    }

    @Test("a label is never repeated, and le stays free for the buckets")
    func repeatedLabels() {
        #expect(PrometheusText.labels([("a.b", "1"), ("a_b", "2")], isHistogram: false) == #"a_b="2""#)
        #expect(PrometheusText.labels([("le", "1")], isHistogram: true) == #"exported_le="1""#)
        #expect(PrometheusText.labels([("le", "1")], isHistogram: false) == #"le="1""#)
    }

    @Test(
        "numbers are written as Prometheus reads them",
        arguments: [
            (0.0, "0"), (-0.0, "0"), (3.0, "3"), (0.1, "0.1"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (123_456_789.25, "123456789.25"),
        ] as [(Double, String)]
    )
    func numbers(value: Double, text: String) {
        #expect(PrometheusText.number(value) == text)
    }

    @Test("help texts can be set and are escaped")
    func help() {
        let registry = self.registry()
        registry.setHelp("Back\\slash and\nnewline.", for: "n.x")
        Counter(label: "n.x", factory: registry).increment()
        #expect(self.lines(registry).first == #"# HELP n_x_total Back\\slash and\nnewline."#)
    }

    @Test("metrics and series come in a stable order whatever the order of creation")
    func order() {
        func text(_ labels: [String]) -> String {
            let registry = self.registry()
            for label in labels {
                for value in labels {
                    Counter(label: label, dimensions: [("v", value)], factory: registry).increment()
                }
            }
            return registry.render()
        }
        #expect(text(["b", "a", "c"]) == text(["c", "b", "a"]))
    }

    @Test("beyond the cap a metric gets no new series, and the loss is counted")
    func cap() {
        let registry = self.registry(seriesLimit: 3)
        for number in 0..<10 {
            Counter(label: "n", dimensions: [("id", "\(number)")], factory: registry).increment()
            Timer(label: "t", dimensions: [("id", "\(number)")], factory: registry).recordSeconds(1)
        }
        // A series that exists goes on to count.
        Counter(label: "n", dimensions: [("id", "0")], factory: registry).increment()
        let lines = self.lines(registry)
        #expect(lines.filter { $0.hasPrefix("n_total{") }.count == 3)
        #expect(lines.contains(#"n_total{id="0"} 2"#))
        #expect(lines.contains(#"ringbridge_metrics_overflow_total{metric="n_total"} 7"#))
        #expect(lines.contains(#"ringbridge_metrics_overflow_total{metric="t_seconds"} 7"#))
    }

    @Test("the number of metrics is bounded too")
    func familyCap() {
        let registry = self.registry()
        for number in 0..<1_010 {
            Counter(label: "n\(number)", factory: registry).increment()
        }
        #expect(self.lines(registry).contains(#"ringbridge_metrics_overflow_total{metric="other"} 10"#))
    }

    @Test("a name is not used for two kinds of metric")
    func kindConflict() {
        let registry = self.registry()
        Meter(label: "n_total", factory: registry).set(1)
        Counter(label: "n", factory: registry).increment()
        let lines = self.lines(registry)
        #expect(lines.filter { $0.hasPrefix("# TYPE n_total") } == ["# TYPE n_total gauge"])
        #expect(lines.contains(#"ringbridge_metrics_overflow_total{metric="n_total"} 1"#))
    }

    @Test("a counter never falls")
    func counterMonotonic() {
        let registry = self.registry()
        let counter = Counter(label: "n", factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(self.lines(registry).last == "n_total 5")
    }

    @Test("a destroyed metric is gone and its place is free")
    func destroy() {
        let registry = self.registry(seriesLimit: 1)
        let first = Counter(label: "n", dimensions: [("id", "1")], factory: registry)
        first.increment()
        first.destroy()
        Counter(label: "n", dimensions: [("id", "2")], factory: registry).increment()
        #expect(self.lines(registry).last == #"n_total{id="2"} 1"#)
    }

    @Test("no update is lost under concurrency, also when tasks make the metric anew each time")
    func concurrency() async {
        let registry = self.registry()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<2_000 {
                        Counter(label: "c", dimensions: [("k", "\(number % 7)")], factory: registry).increment()
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        Meter(label: "m", factory: registry).increment(by: task % 2 == 0 ? 1 : -1)
                        Timer(label: "t", factory: registry).recordMilliseconds(number % 50)
                        if number % 500 == 0 { _ = registry.render() }
                    }
                }
            }
        }
        let lines = self.lines(registry)
        let counted = lines.filter { $0.hasPrefix("c_total{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(counted.count == 7)
        #expect(counted.reduce(0, +) == 16_000)
        #expect(lines.contains("f_total 8000"))
        #expect(lines.contains("m 0"))
        #expect(lines.contains("t_seconds_count 16000"))
        #expect(lines.contains(#"t_seconds_bucket{le="+Inf"} 16000"#))
    }

    @Test("every line is a comment or a sample, and the text ends with a newline")
    func wellFormed() throws {
        let registry = PrometheusRegistry()
        Counter(label: "n", dimensions: [("a", "x y")], factory: registry).increment()
        Timer(label: "t", factory: registry).recordSeconds(1)
        let text = registry.render()
        #expect(text.hasSuffix("\n"))
        let sample = try Regex(#"^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? (\S+)$"#)
        for line in text.split(separator: "\n") where !line.hasPrefix("# HELP ") && !line.hasPrefix("# TYPE ") {
            #expect(try sample.wholeMatch(in: line) != nil, "\(line)")
        }
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(types).count == types.count)
    }
}
