/// An event that waits outside the database, in the spool: what its row there will hold.
package struct LateEvent: Hashable, Sendable {
    /// Given where it waits and not by the database, so that writing it there twice changes nothing.
    package var eventID: Int64
    package var tenantID: TenantID
    package var extensionID: ExtensionID
    /// When it arrived, by the clock of the machine where it waits.
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
