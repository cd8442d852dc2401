import Telephony

/// A place in a tenant's feed: what a cursor holds. The tenant is in it because the same number is another place in another
/// tenant's feed, and a connector that mixed them up would miss changes.
struct FeedPlace: Hashable, Sendable {
    var tenantID: TenantID
    /// Everything up to it was read; 0 is the beginning.
    var seq: Int64
    /// How often retention had removed something when it was read.
    var prunes: Int64

    init(tenantID: TenantID, seq: Int64, prunes: Int64) {
        self.tenantID = tenantID
        self.seq = seq
        self.prunes = prunes
    }

    /// Nil for a text that ``text`` did not make. Before there was a retention it was seq and tenant.
    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2 || parts.count == 3, let seq = Self.count(parts[0]),
            let prunes = parts.count == 2 ? 0 : Self.count(parts[1]),
            let tenantID = TenantID(validating: parts[parts.count - 1])
        else { return nil }
        self.init(tenantID: tenantID, seq: seq, prunes: prunes)
    }

    var text: String { "\(self.seq).\(self.prunes).\(self.tenantID.rawValue)" }

    private static func count(_ text: String) -> Int64? {
        Int64(text).flatMap { $0 >= 0 && String($0) == text ? $0 : nil }
    }
}
