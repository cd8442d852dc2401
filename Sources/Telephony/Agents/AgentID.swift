/// The PBX's own number of a local queue agent.
package struct AgentID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: Int64

    /// The agent with that number on the PBX.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// The agent that a webhook's field names; nil when it is no number.
    package init?(received text: String) {
        guard let number = Int64(text.trimmed()) else {
            return nil
        }
        self.rawValue = number
    }

    package var description: String {
        String(self.rawValue)
    }

    package static func < (left: AgentID, right: AgentID) -> Bool {
        left.rawValue < right.rawValue
    }
}
