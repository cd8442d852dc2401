/// An event row of an extension, or of an agent, as the PBX lists it. Its URL may hold a token, ours or another
/// integration's, so it does not print.
package struct SubscriptionRow: Hashable, Sendable {
    /// The PBX's number of the row.
    package var id: Int64
    /// `dial-in`, `dial-out`, `answer`, `hangup`, `agent-login` or another type of the PBX.
    package var eventType: String
    /// Where the PBX sends the event.
    package var url: String
    /// `GET` or `POST`.
    package var method: String

    /// A row as the PBX lists it.
    package init(id: Int64, eventType: String, url: String, method: String) {
        self.id = id
        self.eventType = eventType
        self.url = url
        self.method = method
    }
}

extension SubscriptionRow: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        "row \(self.id) (\(self.eventType), \(self.method))"
    }

    package var debugDescription: String {
        self.description
    }

    package var customMirror: Mirror {
        Mirror(self, children: ["id": self.id, "eventType": self.eventType, "method": self.method])
    }
}
