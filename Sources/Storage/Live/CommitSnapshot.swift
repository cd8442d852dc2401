/// What was committed at an instant, as PostgreSQL's `pg_snapshot` says it: every transaction below `xmin`, and those below
/// `xmax` that were not in progress.
///
/// The order of commits is not that of arrivals, so a reader that remembers such a snapshot loses nothing that was written
/// before it looked and committed after, and sees nothing twice.
package struct CommitSnapshot: Hashable, Sendable {
    /// As PostgreSQL writes it: `xmin:xmax:` and the transactions in progress, separated by commas.
    package let text: String

    /// Nil for a text that PostgreSQL would refuse.
    package init?(text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let xmin = Self.id(parts[0]), let xmax = Self.id(parts[1]), xmin <= xmax else {
            return nil
        }
        var last = xmin - 1
        for part in parts[2].isEmpty ? [] : parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            guard let id = Self.id(part), id > last, id < xmax else { return nil }
            last = id
        }
        self.text = String(text)
    }

    /// As PostgreSQL wrote it.
    init(written text: String) {
        self.text = text
    }

    private static func id(_ text: some StringProtocol) -> Int64? {
        Int64(text).flatMap { $0 > 0 && String($0) == text ? $0 : nil }
    }
}
