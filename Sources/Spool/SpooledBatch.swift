package import Telephony

/// The oldest events of the spool, in the order in which they came.
package struct SpooledBatch: Sendable {
    package var events: [LateEvent] = []
    /// The place of the last one, in the file of that number.
    var last: Int64 = 0
    var file = 0
}

/// What is in the spool.
package struct SpoolStatistics: Hashable, Sendable {
    package var events = 0
    /// Of the file, as far as it is in use.
    package var bytes = 0
    /// When the oldest event arrived.
    package var oldest: Timestamp?
}
