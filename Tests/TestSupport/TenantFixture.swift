import FoundationEssentials
package import Storage
package import Telephony

/// A tenant with the standard extensions of the scenarios, made as an operator and the workers would make it.
package enum TenantFixture {
    /// Seals in tests; no real key.
    package static func keyRing() throws -> KeyRing {
        try KeyRing(parsing: "test:" + String(repeating: "A", count: 43) + "=")
    }

    /// The extensions of the scenarios' PBX: phones 101 to 103, IVR 099, queues 887 and 888.
    package static let extensions: [ListedExtension] = [
        Self.listed(85_218, "2566*101", .phone), Self.listed(85_219, "2566*102", .phone),
        Self.listed(85_220, "2566*103", .phone), Self.listed(96_850, "2566*099", .ivr),
        Self.listed(96_857, "2566*887", .queue), Self.listed(96_858, "2566*888", .queue),
    ]

    private static func listed(_ id: Int64, _ name: String, _ type: ExtensionType) -> ListedExtension {
        ListedExtension(id: ExtensionID(rawValue: id), name: name, type: type, label: nil, status: "active")
    }

    /// Creates the tenant; its app secret is `secret`.
    package static func make(
        _ id: String,
        in database: Database,
        pbxURL: String? = nil,
        appID: String = "app",
        appSecret: String = "secret",
        settings: TenantSettings = TenantSettings()
    ) async throws -> TenantScope {
        let tenantID = TenantID(rawValue: id)
        let sealed = try Self.keyRing().seal(appSecret, context: .appSecret(of: tenantID))
        return try await database.system { transaction in
            _ = try await transaction.tenants.put(
                TenantStore.Definition(
                    id: tenantID,
                    name: "Tenant \(id)",
                    locale: .en,
                    timeZone: "UTC",
                    status: .active,
                    pbx: Tenant.PBX(url: pbxURL, clientID: "@me", appID: appID, sealedAppSecret: sealed),
                    settings: settings
                )
            )
            guard let scope = try await transaction.tenants.scope(of: tenantID) else {
                throw TestDatabase.Missing(description: "the tenant that was just put is not there")
            }
            return scope
        }
    }

    /// Records a listing of the PBX as the directory reader would.
    package static func list(
        _ extensions: [ListedExtension] = Self.extensions,
        of scope: TenantScope,
        in database: Database
    ) async throws {
        try await database.system { transaction in
            let claims = try await transaction.claimDirectories(claimID: .init(), leaseSeconds: 60, limit: 100)
            for claim in claims where claim.scope == scope {
                _ = try await transaction.recordDirectory(
                    claim,
                    listing: extensions,
                    nextInSeconds: 3600
                )
            }
        }
    }

    /// Creates users and mappings: `(extension, user or nil)`.
    package static func map(
        _ mappings: [(Int64, String?)],
        of scope: TenantScope,
        in database: Database
    ) async throws -> [ReconcileTicket] {
        try await database.tenant(scope) { transaction in
            for user in Set(mappings.compactMap(\.1)) {
                _ = try await transaction.users.put(User(id: UserID(rawValue: user), name: user, email: nil))
            }
            let locked = try await transaction.mappings.lockCurrent()
            var generator = SystemRandomNumberGenerator()
            return try await transaction.mappings.replace(
                mappings.map {
                    Mapping(extensionID: ExtensionID(rawValue: $0.0), userID: $0.1.map(UserID.init(rawValue:)))
                },
                locked: locked,
                keyRing: Self.keyRing(),
                using: &generator
            ).tickets
        }
    }
}
