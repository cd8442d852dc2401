import Testing

@testable import Observability

@Suite("Process metrics")
struct ProcessMetricsTests {
    @Test("a stat line is read by the numbers of the manual page, whatever the program is called")
    func stat() {
        var fields = (3...52).map { String($0) }
        fields[14 - 3] = "250"
        fields[15 - 3] = "50"
        fields[22 - 3] = "12345"
        fields[23 - 3] = "1000000"
        fields[24 - 3] = "25"
        let line = "42 (a ) b (c) " + fields.joined(separator: " ")
        // The name itself ends in a parenthesis and a space.
        var metrics = ProcessMetrics()
        metrics.read(stat: line, bootSeconds: 1_000, ticksPerSecond: 100, pageBytes: 4_096)
        #expect(metrics.cpuSeconds == 3)
        #expect(metrics.startSeconds == 1_123.45)
        #expect(metrics.virtualBytes == 1_000_000)
        #expect(metrics.residentBytes == 102_400)
    }

    @Test("what cannot be read is left out", arguments: ["", "42 (x)", "garbage", "42 (x) S 1 2"])
    func broken(line: String) {
        var metrics = ProcessMetrics()
        metrics.read(stat: line, bootSeconds: nil, ticksPerSecond: 100, pageBytes: 4_096)
        #expect(metrics == ProcessMetrics())
        var text = ""
        metrics.render(into: &text)
        #expect(text.isEmpty)
    }

    @Test("the boot time and the limit of descriptors are found in their files")
    func otherFiles() {
        #expect(ProcessMetrics.bootSeconds(in: "cpu 1 2\nbtime 1763800000\nprocesses 1\n") == 1_763_800_000)
        let limits =
            "Limit                     Soft Limit           Hard Limit           Units\n"
            + "Max open files            1024                 524288               files\n"
        #expect(ProcessMetrics.descriptorLimit(in: limits) == 1_024)
        #expect(ProcessMetrics.descriptorLimit(in: "Max open files unlimited unlimited files") == nil)
    }

    @Test("the running process has plausible values")
    func current() throws {
        let metrics = ProcessMetrics.current()
        #expect(try #require(metrics.residentBytes) > 1_000_000)
        #expect(try #require(metrics.virtualBytes) >= #require(metrics.residentBytes))
        #expect(try #require(metrics.openDescriptors) >= 3)
        #expect(try #require(metrics.cpuSeconds) >= 0)
        #expect(try #require(metrics.startSeconds) > 1_600_000_000)
        #expect(metrics.maximumDescriptors != nil)
        var text = ""
        metrics.render(into: &text)
        #expect(text.contains("# TYPE process_cpu_seconds_total counter\n"))
    }
}
