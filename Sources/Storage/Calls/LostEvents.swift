import Telephony

/// Whether retention has dropped events of a CallID: one of its records was made long before the oldest event that is
/// there arrived, so from other events. Such records are final: the events that came since are not the whole call.
///
/// `recordedAt`: when the records were made, by the database's clock. `arrivals`: when the events arrived, by the same.
func hasLostEvents(recordedAt: some Sequence<Timestamp>, arrivals: some Sequence<Timestamp>) -> Bool {
    guard let recorded = recordedAt.min(), let oldest = arrivals.min() else { return false }
    return recorded + .seconds(3600) < oldest
}
