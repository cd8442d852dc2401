/// "Extension E belongs to user U", or "extension E is monitored" (IVR or queue), then the user is optional.
package struct Mapping: Hashable, Sendable {
    /// The mapped extension; it has at most one mapping.
    package var extensionID: ExtensionID
    /// Its user, or the user responsible for calls missed there; nil only for an IVR or a queue.
    package var userID: UserID?

    /// The mapping of that extension.
    package init(extensionID: ExtensionID, userID: UserID?) {
        self.extensionID = extensionID
        self.userID = userID
    }
}
