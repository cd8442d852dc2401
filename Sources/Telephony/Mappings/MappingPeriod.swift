/// A stretch of time during which a mapping was in force: at `from` and after, but before `until`.
package struct MappingPeriod: Hashable, Sendable {
    /// The mapped extension.
    package var extensionID: ExtensionID
    /// Its user in that time, nil for a monitored extension that nobody is responsible for.
    package var userID: UserID?
    /// The first instant, by our clock.
    package var from: Timestamp
    /// The first instant after it, nil while it lasts.
    package var until: Timestamp?

    /// A period of the history of mappings.
    package init(extensionID: ExtensionID, userID: UserID?, from: Timestamp, until: Timestamp?) {
        self.extensionID = extensionID
        self.userID = userID
        self.from = from
        self.until = until
    }

    /// Whether the mapping was in force then.
    package func contains(_ instant: Timestamp) -> Bool {
        guard self.from <= instant else {
            return false
        }
        guard let until = self.until else {
            return true
        }
        return instant < until
    }
}
