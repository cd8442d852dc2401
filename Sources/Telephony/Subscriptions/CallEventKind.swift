/// An event type of an extension that the product subscribes to.
package enum CallEventKind: String, EventKind {
    case dialIn = "dial-in"
    case dialOut = "dial-out"
    case answer
    case hangup

    package static let urlComponent = "ext-event"
}

/// The events wanted for an extension of that type: all four of a phone, only `hangup` of an IVR or a queue (vendor's
/// events page), none of anything else.
package func wantedEvents(for type: ExtensionType) -> [CallEventKind] {
    if type == .phone {
        return CallEventKind.allCases
    }
    return type.isMonitored ? [.hangup] : []
}
