package import Telephony

/// A tenant as operators keep it.
package struct Tenant: Hashable, Sendable {
    /// Whether the tenant works, pauses or goes (decisions section 8).
    package enum Status: String, CaseIterable, Sendable { case active, suspended, removing }

    /// How the tenant's PBX is reached.
    package struct PBX: Hashable, Sendable {
        /// Base URL; nil: the server's `PBX_URL`.
        package var url: String?
        /// The PBX client's id, or `@me`.
        package var clientID: String
        /// App id of the trusted application.
        package var appID: String
        /// The app secret, sealed under the key ring.
        package var sealedAppSecret: String

        package init(url: String?, clientID: String, appID: String, sealedAppSecret: String) {
            self.url = url
            self.clientID = clientID
            self.appID = appID
            self.sealedAppSecret = sealedAppSecret
        }
    }

    package var id: TenantID
    package var name: String
    package var locale: Language
    package var timeZone: String
    package var status: Status
    package var pbx: PBX
    package var settings: TenantSettings
    /// Grows with each change; the ETag.
    package var version: Int64
    /// What `@me` of the PBX stands for; nil until it was asked.
    package var resolvedPBXClient: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
}
