/// What the events of one CallID mean at one instant.
package struct Assembly: Hashable, Sendable {
    /// The completed calls, sorted by key.
    package var records: [CallRecord]
    /// The earliest later instant at which time alone changes the result (a grace ends, a leg becomes stale).
    package var nextDue: Timestamp?
    /// Legs that have waited for their hangup too long (rule 13), sorted by their first event.
    package var staleLegs: [StaleLeg]
    /// Why each leg gave a record or none, in the order in which the legs began.
    package var trace: [LegTrace]

    /// The result of an assembly.
    package init(records: [CallRecord], nextDue: Timestamp?, staleLegs: [StaleLeg], trace: [LegTrace]) {
        self.records = records
        self.nextDue = nextDue
        self.staleLegs = staleLegs
        self.trace = trace
    }
}

/// A leg whose hangup has not come for longer than the tenant's `staleAfterSeconds`.
package struct StaleLeg: Hashable, Sendable {
    /// The PBX's id of the leg, nil when its events carry none.
    package var subCallID: String?
    /// The extension of the leg.
    package var extensionID: ExtensionID
    /// Its name.
    package var extensionName: String
    /// The arrival of the leg's first event, by our clock.
    package var since: Timestamp

    /// A stale leg.
    package init(subCallID: String?, extensionID: ExtensionID, extensionName: String, since: Timestamp) {
        self.subCallID = subCallID
        self.extensionID = extensionID
        self.extensionName = extensionName
        self.since = since
    }
}
