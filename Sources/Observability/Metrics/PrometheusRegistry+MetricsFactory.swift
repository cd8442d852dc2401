package import CoreMetrics

/// Exported names: characters that Prometheus does not know become `_`, counters end in `_total`, timers in `_seconds`.
extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let name = Self.name(label, suffix: "_total")
        let slot = self.series(label, name: name, kind: .counter, dimensions: dimensions) { CounterSeries() }
        return switch slot {
        case .series(let series): series
        case .overflow(let overflow): overflow
        }
    }

    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let name = Self.name(label, suffix: "_total")
        let slot = self.series(label, name: name, kind: .counter, dimensions: dimensions) { FloatingCounterSeries() }
        return switch slot {
        case .series(let series): series
        case .overflow(let overflow): overflow
        }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        let name = PrometheusText.metricName(label)
        let slot = self.series(label, name: name, kind: .gauge, dimensions: dimensions) { GaugeSeries() }
        return switch slot {
        case .series(let series): series
        case .overflow(let overflow): overflow
        }
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = PrometheusText.metricName(label)
        guard aggregate else {
            let slot = self.series(label, name: name, kind: .gauge, dimensions: dimensions) { GaugeSeries() }
            return switch slot {
            case .series(let series): series
            case .overflow(let overflow): overflow
            }
        }
        let bounds = name.hasSuffix("_seconds") ? HistogramSeries.secondsBounds : HistogramSeries.amountBounds
        return self.histogram(label, name: name, dimensions: dimensions, bounds: bounds)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = Self.name(label, suffix: "_seconds")
        return self.histogram(label, name: name, dimensions: dimensions, bounds: HistogramSeries.secondsBounds)
    }

    package func destroyCounter(_ handler: any CounterHandler) {
        self.remove(handler)
    }

    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        self.remove(handler)
    }

    package func destroyMeter(_ handler: any MeterHandler) {
        self.remove(handler)
    }

    package func destroyRecorder(_ handler: any RecorderHandler) {
        self.remove(handler)
    }

    package func destroyTimer(_ handler: any TimerHandler) {
        self.remove(handler)
    }

    private func histogram(
        _ label: String,
        name: String,
        dimensions: [(String, String)],
        bounds: [Double]
    ) -> any TimerHandler & RecorderHandler {
        let slot = self.series(label, name: name, kind: .histogram, dimensions: dimensions) {
            HistogramSeries(bounds: bounds)
        }
        return switch slot {
        case .series(let series): series
        case .overflow(let overflow): overflow
        }
    }

    private static func name(_ label: String, suffix: String) -> String {
        let name = PrometheusText.metricName(label)
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}
