/// Names, labels and numbers as the text format 0.0.4 of Prometheus wants them.
enum PrometheusText {
    /// A metric name: `[a-zA-Z_:][a-zA-Z0-9_:]*`, everything else becomes `_`.
    static func metricName(_ label: String) -> String {
        self.identifier(label, allowsColon: true)
    }

    /// The labels of a series without braces, sorted by name. Of two dimensions with one name the last is kept, since
    /// Prometheus refuses a whole scrape for a repeated label.
    ///
    /// - Parameters:
    ///   - dimensions: the dimensions of swift-metrics.
    ///   - isHistogram: whether `le` is taken by the buckets.
    /// - Returns: for example `method="GET",status="200"`; the identity of the series within its metric.
    static func labels(_ dimensions: [(String, String)], isHistogram: Bool) -> String {
        guard !dimensions.isEmpty else { return "" }
        var values: [String: String] = [:]
        for (name, value) in dimensions {
            let name = self.labelName(name)
            values[isHistogram && name == "le" ? "exported_le" : name] = value
        }
        return values.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(self.escapedLabelValue(SecretMask.masked($0.value)))\"" }
            .joined(separator: ",")
    }

    /// A number as Go's `ParseFloat` reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        guard value == value.rounded(), abs(value) < 1e15 else { return value.description }
        return String(Int64(value))
    }

    /// A help text with backslashes and newlines escaped.
    static func escapedHelp(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    /// Appends `name{labels} value`.
    static func appendSample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{\(labels)}"
        }
        text += " \(value)\n"
    }

    /// Appends the two comment lines that begin a metric.
    static func appendHeader(_ name: String, _ kind: MetricKind, help: String, to text: inout String) {
        text += "# HELP \(name) \(self.escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A label name: `[a-zA-Z_][a-zA-Z0-9_]*`; names that begin with two underscores are Prometheus' own.
    private static func labelName(_ name: String) -> String {
        var name = self.identifier(name, allowsColon: false)
        while name.hasPrefix("__") {
            name.removeFirst()
        }
        return name
    }

    private static func escapedLabelValue(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 == 0x0A }) else { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func identifier(_ text: String, allowsColon: Bool) -> String {
        var bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            case UInt8(ascii: ":") where allowsColon:
                byte
            default:
                UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) ?? true {
            bytes.insert(UInt8(ascii: "_"), at: 0)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
