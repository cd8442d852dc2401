/// Whether a queue agent takes calls.
package enum AgentStatus: String, CaseIterable, Hashable, Sendable {
    case available
    case loggedOut = "logged_out"

    /// The status that a webhook's field says, in any case; nil for one that the PBX's documents do not know.
    package init?(received text: String) {
        self.init(rawValue: text.trimmed().lowercased())
    }
}
