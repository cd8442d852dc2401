/// What a tenant may choose about its calls and subscriptions. The defaults are the product's.
package struct TenantSettings: Hashable, Sendable {
    /// Drops calls and forwards between extensions (rule 9).
    package var externalOnly: Bool
    /// Records outgoing calls that nobody answered (rule 3).
    package var recordUnansweredOutgoing: Bool
    /// Records an unanswered call that went straight to a phone, past every IVR and queue (rule 4).
    package var directMissed: Bool
    /// Follows the presence of queue agents.
    package var agentPresence: Bool
    /// Seconds to wait for a queue's hangup before a missed call is written (rule 5); nil: the server's default.
    package var graceSeconds: Double?
    /// Seconds after which a leg without a hangup is a problem (rule 13).
    package var staleAfterSeconds: Int
    /// How many event rows the PBX allows on one extension.
    package var eventLimit: Int
    /// Days after its end that a call record is kept; nil: the server's default.
    package var callRetentionDays: Int?

    /// The product's defaults, but for what is given.
    package init(
        externalOnly: Bool = true,
        recordUnansweredOutgoing: Bool = true,
        directMissed: Bool = false,
        agentPresence: Bool = false,
        graceSeconds: Double? = nil,
        staleAfterSeconds: Int = 14_400,
        eventLimit: Int = 16,
        callRetentionDays: Int? = nil
    ) {
        self.externalOnly = externalOnly
        self.recordUnansweredOutgoing = recordUnansweredOutgoing
        self.directMissed = directMissed
        self.agentPresence = agentPresence
        self.graceSeconds = graceSeconds
        self.staleAfterSeconds = staleAfterSeconds
        self.eventLimit = eventLimit
        self.callRetentionDays = callRetentionDays
    }
}
