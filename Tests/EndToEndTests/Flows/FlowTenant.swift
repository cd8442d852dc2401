import Foundation
import Storage
import Telephony
import TestSupport

/// A tenant whose PBX sends call flows: made by the stores, as an operator and the workers would make it.
struct FlowTenant: Sendable {
    let scope: TenantScope
    let settings: TenantSettings
    /// Of a connector.
    let key: String
    /// The path of the event URL of each extension.
    let paths: [Int64: String]
    /// Who has had which extension.
    private(set) var history: [MappingPeriod]

    var id: TenantID { self.scope.tenantID }

    /// Long before any event.
    private static let beginning = Timestamp(microseconds: 0)
    private static let phones: [Int64] = [85_218, 85_219, 85_220]
    private static let monitored: [Int64] = [96_850, 96_857, 96_858]

    /// Creates the tenant with the standard extensions, each mapped: phones to users whose ids name the tenant, so that a call
    /// that strays into another tenant shows.
    static func make(_ id: String, settings: TenantSettings, in database: Database) async throws -> FlowTenant {
        let scope = try await TenantFixture.make(id, in: database, settings: settings)
        try await TenantFixture.list(of: scope, in: database)
        let users = Self.phones.map { ($0, "\(id)-\($0)" as String?) } + Self.monitored.map { ($0, nil) }
        _ = try await TenantFixture.map(users, of: scope, in: database)
        var generator = SystemRandomNumberGenerator()
        let secret = APIKeySecret.generate(role: .connector, using: &generator)
        let paths = try await database.system { transaction in
            _ = try await transaction.keys.create(secret, role: .connector, scope: scope, name: "crm", expiresAt: nil)
            var paths: [Int64: String] = [:]
            for (extensionID, _) in users {
                let tokens = try await transaction.eventTokens.tokens(
                    of: scope,
                    extensionID: ExtensionID(rawValue: extensionID),
                    keyRing: TenantFixture.keyRing()
                )
                paths[extensionID] = tokens.live.map { "/ext-event/\($0.text)" }
            }
            return paths
        }
        return FlowTenant(
            scope: scope,
            settings: settings,
            key: secret.text,
            paths: paths,
            history: users.map { extensionID, user in
                MappingPeriod(
                    extensionID: ExtensionID(rawValue: extensionID),
                    userID: user.map(UserID.init(rawValue:)),
                    from: Self.beginning,
                    until: nil
                )
            }
        )
    }

    /// Gives every phone to another user; what arrives from now on, `instant` by our account, is that user's.
    mutating func changeUsers(at instant: Timestamp, in database: Database) async throws {
        let users = Self.phones.map { ($0, "\(self.id.rawValue)-\($0)-later" as String?) }
        _ = try await TenantFixture.map(users + Self.monitored.map { ($0, nil) }, of: self.scope, in: database)
        for index in self.history.indices where self.history[index].userID != nil {
            self.history[index].until = instant
        }
        self.history += users.map { extensionID, user in
            MappingPeriod(
                extensionID: ExtensionID(rawValue: extensionID),
                userID: user.map(UserID.init(rawValue:)),
                from: instant,
                until: nil
            )
        }
    }
}
