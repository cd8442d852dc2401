/// What a consumer of a channel hears.
package enum ListenerEvent: Sendable, Equatable {
    /// A notification, with its payload.
    case notification(String)
    /// From now on notifications come; before, some may have been lost: look at the data itself.
    case reconnected
}
