/// The event types that the product subscribes to at one kind of sender, all of which go to one kind of event URL.
package protocol EventKind: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The component of the URL's path before the token.
    static var urlComponent: String { get }
}
