import FoundationEssentials
import HTTPTypes
import Postgres
import Storage
import Telephony
import TestSupport
import Testing

@testable import WebAPI

extension TestAPI {
    /// A body of a tenant.
    static let tenantBody: JSONValue = [
        "name": "Ромашка", "locale": "ru", "time_zone": "Europe/Moscow", "status": "active",
        "pbx": ["app_id": "app-of-the-client", "app_secret": "secret-of-the-client"],
    ]

    /// Makes a tenant.
    func tenant(_ id: String) async throws {
        let answer = try await self.operate(.put, "/admin/v1/tenants/\(id)", json: Self.tenantBody)
        try #require(answer.status == .created, "\(answer.text)")
    }

    /// Makes a key of a tenant.
    func key(_ role: String, of tenant: String) async throws -> String {
        let answer = try await self.operate(
            .post,
            "/admin/v1/tenants/\(tenant)/keys",
            json: ["role": .string(role), "name": "test"]
        )
        return try #require(answer.json["key"]?.text, "\(answer.text)")
    }

    /// Makes a user.
    func user(_ id: String, of tenant: String) async throws {
        let answer = try await self.operate(.put, "/admin/v1/tenants/\(tenant)/users/\(id)", json: ["name": "Анна"])
        try #require(answer.status == .created, "\(answer.text)")
    }

    /// The extensions that the tests' PBX has.
    static let listing = [
        ListedExtension(
            id: ExtensionID(rawValue: 101),
            name: "2566*101",
            type: .phone,
            label: "Анна",
            status: "active"
        ),
        ListedExtension(id: ExtensionID(rawValue: 102), name: "2566*102", type: .phone, label: nil, status: "active"),
        ListedExtension(id: ExtensionID(rawValue: 200), name: "2566*200", type: .ivr, label: nil, status: "active"),
        ListedExtension(
            id: ExtensionID(rawValue: 300),
            name: "2566*300",
            type: ExtensionType(rawValue: "fax"),
            label: nil,
            status: "active"
        ),
    ]

    /// Plays the worker that reads the directory: every tenant that is due gets the listing, or the error.
    func readDirectories(error: String? = nil) async throws {
        try await self.test.database.system { transaction in
            for claim in try await transaction.claimDirectories(claimID: UUID(), leaseSeconds: 60, limit: 100) {
                if let error {
                    try await transaction.recordDirectoryFailure(claim, errorCode: error, nextInSeconds: 3_600)
                } else {
                    _ = try await transaction.recordDirectory(
                        claim,
                        listing: Self.listing,
                        nextInSeconds: 3_600
                    )
                }
            }
        }
    }

    /// Plays the worker that reconciles: every to-do ends as `end` says.
    func reconcile(
        _ end: @Sendable (ReconcileClaim) -> (SubscriptionState, Storage.Problem?) = TestAPI.active
    ) async throws {
        try await self.test.database.system { transaction in
            for claim in try await transaction.reconcileClaims.claim(claimID: UUID(), leaseSeconds: 60, limit: 100) {
                let (state, problem) = end(claim)
                _ = try await transaction.reconcileClaims.finish(
                    claim,
                    state: state,
                    rows: nil,
                    problem: problem,
                    outcome: .settled
                )
            }
        }
    }

    /// All subscriptions were made.
    static let active: @Sendable (ReconcileClaim) -> (SubscriptionState, Storage.Problem?) = { claim in
        (
            SubscriptionState(
                extensionID: claim.extensionID,
                state: .active,
                generation: claim.generation,
                slots: SubscriptionState.Slots(limit: 16, used: 5, ours: 4, foreignHosts: ["other.example": 1]),
                added: ["dial-in", "dial-out", "answer", "hangup"]
            ), nil
        )
    }

    /// The limit is in the way.
    static let limited: @Sendable (ReconcileClaim) -> (SubscriptionState, Storage.Problem?) = { claim in
        let data: JSONValue = [
            "limit": 16, "used": 14, "ours": 0, "needed": 4, "free": 2,
            "foreign_hosts": ["crm.example": 12, "bi.example": 2],
            "missing": ["dial-in", "dial-out", "answer", "hangup"],
        ]
        return (
            SubscriptionState(
                extensionID: claim.extensionID,
                state: .failed,
                generation: claim.generation,
                slots: SubscriptionState.Slots(limit: 16, used: 14, ours: 0, foreignHosts: ["crm.example": 12]),
                missing: ["dial-in", "dial-out", "answer", "hangup"]
            ), Storage.Problem(code: .eventLimitReached, data: PostgresJSON(bytes: data.bytes))
        )
    }

    /// Replaces the mappings of a tenant, without waiting.
    func map(_ tenant: String, _ mappings: JSONValue) async throws -> Answer {
        let current = try await self.operate(.get, "/admin/v1/tenants/\(tenant)/mappings")
        let tag = try #require(current.headers[.eTag])
        return try await self.operate(
            .put,
            "/admin/v1/tenants/\(tenant)/mappings",
            json: ["mappings": mappings],
            headers: [.ifMatch: tag, .prefer: "wait=0"]
        )
    }

    /// A tenant with a user `u1`, a read directory and a mapped phone 101; gives the phone's event token.
    func phone(of tenant: String) async throws -> String {
        try await self.tenant(tenant)
        try await self.user("u1", of: tenant)
        try await self.readDirectories()
        let answer = try await self.map(tenant, [["extension_id": 101, "user_id": "u1"]])
        try #require(answer.status == .ok, "\(answer.text)")
        return try await self.token(of: tenant, extensionID: 101)
    }

    /// The live event token of an extension.
    func token(of tenant: String, extensionID: Int64) async throws -> String {
        let tokens = try await self.test.database.system { transaction in
            let scope = try #require(try await transaction.tenants.scope(of: TenantID(rawValue: tenant)))
            return try await transaction.eventTokens.tokens(
                of: scope,
                extensionID: ExtensionID(rawValue: extensionID),
                keyRing: self.keyRing
            )
        }
        return try #require(tokens.live).text
    }

    /// The right to work as a tenant.
    func scope(_ tenant: String) async throws -> TenantScope {
        try #require(
            try await self.test.database.system { try await $0.tenants.scope(of: TenantID(rawValue: tenant)) }
        )
    }
}
