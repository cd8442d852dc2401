import Metrics
import Storage

/// What became of the events that arrived. Made once; no label per token, tenant or number.
struct IntakeMetrics: Sendable {
    let batchSize = Recorder(label: "ringbridge_event_batch_size")
    let commit = Timer(label: "ringbridge_event_commit")
    private let stored = Self.counter("stored")
    private let unavailable = Self.counter("unavailable")
    private let quarantined = Dictionary(
        QuarantineReason.allCases.map { ($0, Self.counter("quarantined", reason: $0.rawValue)) },
        uniquingKeysWith: { first, _ in first }
    )

    /// Counts an event that has its answer.
    func count(_ event: ReceivedEvent, _ result: Result<Void, IntakeError>) {
        switch (result, event) {
        case (.failure, _): self.unavailable.increment()
        case (.success, .understood): self.stored.increment()
        case (.success, .quarantined(_, _, let reason)): self.quarantined[reason]?.increment()
        }
    }

    static func counter(_ outcome: String, reason: String = "none") -> Counter {
        Counter(label: "ringbridge_events", dimensions: [("outcome", outcome), ("reason", reason)])
    }
}
