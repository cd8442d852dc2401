package import Telephony

/// An event as it waits in the spool: what its row in the database will hold.
package struct SpooledEvent: Hashable, Sendable {
    /// Of its row: given here and not by the database, so that writing it there twice changes nothing.
    package var eventID: Int64
    package var tenantID: TenantID
    package var extensionID: ExtensionID
    /// When it arrived, by this machine's clock.
    package var arrivedAt: Timestamp
    /// Nil for one in quarantine.
    package var callID: CallID?
    /// A JSON object.
    package var fields: [UInt8]?
    package var raw: [UInt8]?
    /// The reason.
    package var quarantine: String?
    /// The address that sent it.
    package var source: String?

    package init(
        eventID: Int64,
        tenantID: TenantID,
        extensionID: ExtensionID,
        arrivedAt: Timestamp,
        callID: CallID? = nil,
        fields: [UInt8]? = nil,
        raw: [UInt8]? = nil,
        quarantine: String? = nil,
        source: String? = nil
    ) {
        self.eventID = eventID
        self.tenantID = tenantID
        self.extensionID = extensionID
        self.arrivedAt = arrivedAt
        self.callID = callID
        self.fields = fields
        self.raw = raw
        self.quarantine = quarantine
        self.source = source
    }

    /// The bytes of its content, about.
    package var byteCount: Int { (self.fields?.count ?? 0) + (self.raw?.count ?? 0) }
}

/// The oldest events of the spool, in the order in which they came.
package struct SpooledBatch: Sendable {
    package var events: [SpooledEvent] = []
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
