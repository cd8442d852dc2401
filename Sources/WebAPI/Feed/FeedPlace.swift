import Telephony

/// A place in a tenant's feed: what a cursor holds. The tenant is in it because the same number is another place in another
/// tenant's feed, and a connector that mixed them up would miss changes.
struct FeedPlace: Hashable, Sendable {
    var tenantID: TenantID
    /// Of the last change before this place; 0 is the beginning.
    var seq: Int64

    init(tenantID: TenantID, seq: Int64) {
        self.tenantID = tenantID
        self.seq = seq
    }

    /// Nil for a text that ``text`` did not make.
    init?(text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let seq = Int64(parts[0]), seq >= 0,
            let tenantID = TenantID(validating: String(parts[1]))
        else { return nil }
        self.init(tenantID: tenantID, seq: seq)
        guard self.text == text else { return nil }
    }

    var text: String { "\(self.seq).\(self.tenantID.rawValue)" }
}
