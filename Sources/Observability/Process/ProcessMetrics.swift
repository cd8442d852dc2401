import FoundationEssentials
import Glibc

/// What Linux knows of this process, under the names that all Prometheus clients use. A value that cannot be read is
/// left out.
struct ProcessMetrics: Equatable, Sendable {
    /// Resident memory in bytes.
    var residentBytes: Int64?
    /// Virtual memory in bytes.
    var virtualBytes: Int64?
    /// CPU time of the process in user and system mode, in seconds.
    var cpuSeconds: Double?
    /// When the process began, in seconds since 1970-01-01 UTC.
    var startSeconds: Double?
    /// Open file descriptors.
    var openDescriptors: Int?
    /// The soft limit of open file descriptors.
    var maximumDescriptors: Int64?

    /// Reads `/proc/self`.
    static func current() -> ProcessMetrics {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        var metrics = ProcessMetrics()
        if let stat = self.text("/proc/self/stat") {
            metrics.read(
                stat: stat,
                bootSeconds: self.text("/proc/stat").flatMap(self.bootSeconds(in:)),
                ticksPerSecond: ticks,
                pageBytes: Int64(sysconf(Int32(_SC_PAGESIZE)))
            )
        }
        metrics.maximumDescriptors = self.text("/proc/self/limits").flatMap(self.descriptorLimit(in:))
        // The listing opens the directory itself, which is then one of the entries.
        metrics.openDescriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))
            .map { max(0, $0.count - 1) }
        return metrics
    }

    /// Takes what a line of `/proc/<pid>/stat` says (proc(5)). The program's name, in parentheses, may hold anything.
    ///
    /// - Parameters:
    ///   - stat: the line.
    ///   - bootSeconds: when the machine began, in seconds since 1970-01-01 UTC.
    ///   - ticksPerSecond: the unit of the line's times.
    ///   - pageBytes: the unit of its memory sizes.
    mutating func read(stat: String, bootSeconds: Double?, ticksPerSecond: Double, pageBytes: Int64) {
        guard let nameEnd = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return }
        // The fields after the name; the first of them is number 3 of the manual page.
        let fields = stat[stat.index(after: nameEnd)...].split(whereSeparator: \.isWhitespace)
        func field(_ number: Int) -> Double? {
            number - 3 < fields.count ? Double(fields[number - 3]) : nil
        }
        if let user = field(14), let system = field(15) {
            self.cpuSeconds = (user + system) / ticksPerSecond
        }
        if let start = field(22), let bootSeconds {
            self.startSeconds = bootSeconds + start / ticksPerSecond
        }
        self.virtualBytes = field(23).map { Int64($0) }
        self.residentBytes = field(24).map { Int64($0) * pageBytes }
    }

    /// The line `btime` of `/proc/stat`.
    static func bootSeconds(in stat: String) -> Double? {
        let line = stat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// The soft limit in the line `Max open files` of `/proc/self/limits`.
    static func descriptorLimit(in limits: String) -> Int64? {
        let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        return line?.split(separator: " ").dropFirst(3).first.flatMap { Int64($0) }
    }

    /// Appends the metrics in the text format of Prometheus.
    func render(into text: inout String) {
        func append(_ name: String, _ kind: MetricKind, _ help: String, _ value: String?) {
            guard let value else { return }
            PrometheusText.appendHeader(name, kind, help: help, to: &text)
            PrometheusText.appendSample(name, "", value, to: &text)
        }
        let number = { (value: Double) in PrometheusText.number(value) }
        append("process_cpu_seconds_total", .counter, "CPU time used, in seconds.", self.cpuSeconds.map(number))
        append("process_max_fds", .gauge, "Limit of open file descriptors.", self.maximumDescriptors.map { String($0) })
        append("process_open_fds", .gauge, "Open file descriptors.", self.openDescriptors.map { String($0) })
        append(
            "process_resident_memory_bytes",
            .gauge,
            "Resident memory in bytes.",
            self.residentBytes.map { String($0) }
        )
        append(
            "process_start_time_seconds",
            .gauge,
            "Start of the process since 1970 UTC, in seconds.",
            self.startSeconds.map(number)
        )
        append(
            "process_virtual_memory_bytes",
            .gauge,
            "Virtual memory in bytes.",
            self.virtualBytes.map { String($0) }
        )
    }

    private static func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
