import Storage
import Telephony

/// An event that waits to be durable, and who waits for that.
struct PendingEvent: Sendable {
    var event: ReceivedEvent
    var owner: EventTokenOwner
    /// The address that sent it.
    var source: String?
    /// By this machine's clock.
    var arrivedAt: Timestamp
    var waiter: CheckedContinuation<Result<Void, IntakeError>, Never>

    /// About what it takes in memory while it waits.
    var byteCount: Int { self.event.byteCount + 256 }

    /// The bytes only, for an event that the database refused.
    func asRefused() -> PendingEvent {
        var copy = self
        copy.event = self.event.refusedByDatabase()
        return copy
    }
}

extension EventBatch {
    init(_ entries: some Sequence<PendingEvent>) {
        self.init()
        for entry in entries {
            self.append(entry.event, owner: entry.owner, source: entry.source)
        }
    }
}
