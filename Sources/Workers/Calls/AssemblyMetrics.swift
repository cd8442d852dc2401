import Metrics
import Storage

/// What operators see of assembly.
struct AssemblyMetrics: Sendable {
    private let assembled = Counter(label: "ringbridge_assembled_calls")
    private let upserts = Counter(label: "ringbridge_call_changes", dimensions: [("op", "upsert")])
    private let withdrawals = Counter(label: "ringbridge_call_changes", dimensions: [("op", "delete")])
    private let dueRows = Gauge(label: "ringbridge_assembly_due_rows")
    private let lateness = Gauge(label: "ringbridge_assembly_oldest_due_seconds")
    /// CallIDs that could not be written and were put off.
    let failures = Counter(label: "ringbridge_assembly_failures")

    func note(_ results: [AssemblyResult]) {
        self.assembled.increment(by: results.count)
        for change in results.lazy.flatMap(\.changes) {
            switch change {
            case .upsert: self.upserts.increment()
            case .withdraw: self.withdrawals.increment()
            }
        }
    }

    func note(_ backlog: AssemblyBacklog) {
        self.dueRows.record(backlog.dueRows)
        self.lateness.record(backlog.oldestSeconds)
    }
}
