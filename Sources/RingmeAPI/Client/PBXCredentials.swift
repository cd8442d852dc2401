/// The key of a trusted application on the PBX (`client_credentials` of OAuth 2). The secret appears in no description.
package struct PBXCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The application's id.
    package var appID: String
    /// The application's secret.
    package var appSecret: String

    /// Credentials as the operator gave them.
    ///
    /// - Parameters:
    ///   - appID: the application's id.
    ///   - appSecret: the application's secret.
    package init(appID: String, appSecret: String) {
        self.appID = appID
        self.appSecret = appSecret
    }

    package var description: String { "PBXCredentials(appID: \(self.appID), appSecret: <redacted>)" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: ["appID": self.appID]) }
}
