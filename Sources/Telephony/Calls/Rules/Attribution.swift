// Rule 14: whose call it is.

extension [MappingPeriod] {
    /// The user of the extension at that instant of our clock; nil when it was not mapped then, or to nobody. The latest
    /// start counts, should periods overlap.
    func user(of extensionID: ExtensionID, at instant: Timestamp) -> UserID? {
        self.filter { $0.extensionID == extensionID && $0.contains(instant) }.max { $0.from < $1.from }?.userID
    }
}
