package import FoundationEssentials
import Postgres
package import RingmeAPI
package import Storage
import Telephony

/// Tests a tenant from its credentials to an event end to end: for onboarding, and for `doctor`. Changes nothing but that one
/// event of ours is stored. A part that fails does not stop the others.
package struct TenantChecker: Sendable {
    private let database: Database
    private let gateway: PBXGateway
    private let probe: PublicURLProbe
    private let keyRing: KeyRing
    private let publicURL: String

    /// `publicURL`: `PUBLIC_URL`.
    package init(
        database: Database,
        gateway: PBXGateway,
        probe: PublicURLProbe,
        keyRing: KeyRing,
        publicURL: String
    ) {
        self.database = database
        self.gateway = gateway
        self.probe = probe
        self.keyRing = keyRing
        self.publicURL = publicURL
    }

    /// Tests all.
    ///
    /// `id`: of this test, new.
    /// - Returns: a finding for each part, in their order; none when the tenant is gone.
    /// - Throws: ``Storage/StorageError`` when the database is away.
    package func check(_ scope: TenantScope, id: UUID) async throws -> [CheckFinding] {
        guard let tenant = try await self.database.system({ try await $0.tenants.find(scope.tenantID) }) else {
            return []
        }
        async let reach = self.checkPublicURL()
        async let event = self.checkEvent(scope, id: id)
        let pbx = try await self.checkPBX(tenant, scope)
        return try await pbx + [reach, event]
    }

    /// Whether `PUBLIC_URL` leads to us; no tenant is needed.
    package func checkPublicURL() async -> CheckFinding {
        switch await self.probe.health(of: self.publicURL) {
        case .unreachable: return CheckFinding(.publicURL, .unreachable)
        case .foreign(let status): return CheckFinding(.publicURL, .foreign, numbers: ["status": status])
        case .ours:
            let url = self.publicURL.lowercased()
            let isLocal = ["http://127.", "http://localhost", "http://[::1]"].contains { url.hasPrefix($0) }
            return CheckFinding(.publicURL, url.hasPrefix("https://") || isLocal ? .good : .notEncrypted)
        }
    }

    // MARK: - The PBX

    private func checkPBX(_ tenant: Tenant, _ scope: TenantScope) async throws -> [CheckFinding] {
        let session: PBXSession
        do {
            session = try self.gateway.session(for: tenant)
        } catch {
            return Self.pbxChecks.map { CheckFinding($0, .locked) }
        }
        var findings: [CheckFinding] = []
        do {
            let user = try await session.send(isInteractive: true) { client throws(PBXError) in
                try await client.currentUser()
            }
            try await session.resolveClient(of: tenant, scope: scope, isInteractive: true)
            findings = [CheckFinding(.credentials, .good), CheckFinding(.client, .good, client: user.clientID)]
        } catch let failure as PBXFailure {
            let problem = PBXTrouble(failure, attempts: 0).problem
            guard !failure.isOfWholePBX else { return Self.all(problem) }
            findings = [
                CheckFinding(.credentials, .good), CheckFinding(.client, .pbxTrouble, trouble: problem),
            ]
        }
        let (listing, listed) = try await self.checkListing(session)
        findings.append(listing)
        let (reading, slots) = try await self.checkReading(session, listed, tenant, scope)
        findings.append(reading)
        findings.append(try await self.checkLimit(slots, scope))
        findings.append(Self.checkBudget(try await session.budget()))
        return findings
    }

    /// What concerns the whole PBX is in the way of every part.
    private static func all(_ problem: Problem) -> [CheckFinding] {
        self.pbxChecks.map { CheckFinding($0, .pbxTrouble, trouble: problem) }
    }

    private static let pbxChecks: [CheckFinding.Check] = [
        .credentials, .client, .extensions, .eventList, .limit, .budget,
    ]

    private func checkListing(_ session: PBXSession) async throws -> (CheckFinding, [PBXExtension]) {
        do {
            let listed = try await session.send(isInteractive: true) { client throws(PBXError) in
                try await client.extensions()
            }
            let counts = Dictionary(listed.map { ($0.type.rawValue, 1) }, uniquingKeysWith: +)
            return (CheckFinding(.extensions, listed.isEmpty ? .noExtension : .good, numbers: counts), listed)
        } catch let failure as PBXFailure {
            let problem = PBXTrouble(failure, attempts: 0).problem
            return (CheckFinding(.extensions, .pbxTrouble, trouble: problem), [])
        }
    }

    /// Of one extension that can be subscribed: how its slots are used.
    private struct SlotUse {
        var extensionID: ExtensionID
        var limit: Int
        var used: Int
        /// Rows that are wanted and not there.
        var needed: Int

        var free: Int { max(self.limit - self.used, 0) }
    }

    /// Reads the events of the first mapped extension, else of the first that can be mapped.
    private func checkReading(
        _ session: PBXSession,
        _ listed: [PBXExtension],
        _ tenant: Tenant,
        _ scope: TenantScope
    ) async throws -> (CheckFinding, SlotUse?) {
        let mapped = try await self.database.tenant(scope) { try await $0.mappings.current().mappings }
        let subscribable = listed.filter(\.type.isSubscribable).sorted { $0.id < $1.id }
        let first = mapped.first?.extensionID ?? (subscribable.first { $0.type == .phone } ?? subscribable.first)?.id
        guard let first else { return (CheckFinding(.eventList, .noExtension), nil) }
        do {
            let rows = try await session.send(isInteractive: true) { client throws(PBXError) in
                try await client.events(of: first)
            }
            let finding = CheckFinding(.eventList, .good, numbers: ["events": rows.count], extensionID: first)
            guard mapped.isEmpty, let type = subscribable.first(where: { $0.id == first })?.type else {
                return (finding, nil)
            }
            let limit = max(tenant.settings.eventLimit, rows.count)
            let needed = wantedEvents(for: type).count
            return (finding, SlotUse(extensionID: first, limit: limit, used: rows.count, needed: needed))
        } catch let failure as PBXFailure {
            let problem = PBXTrouble(failure, attempts: 0).problem
            return (CheckFinding(.eventList, .pbxTrouble, extensionID: first, trouble: problem), nil)
        }
    }

    /// The fullest extension: of those that runs have looked at, and the one that was just read.
    private func checkLimit(_ read: SlotUse?, _ scope: TenantScope) async throws -> CheckFinding {
        let states = try await self.database.tenant(scope) { try await $0.reconcile.states() }
        let known = states.compactMap { state in
            state.slots.map { slots in
                SlotUse(
                    extensionID: state.extensionID,
                    limit: slots.limit,
                    used: slots.used,
                    needed: state.missing.count
                )
            }
        }
        let uses = known + (read.map { [$0] } ?? [])
        guard let fullest = uses.max(by: { ($1.free - $1.needed) < ($0.free - $0.needed) }) else {
            return CheckFinding(.limit, .noExtension)
        }
        return CheckFinding(
            .limit,
            fullest.needed > fullest.free ? .noRoom : .good,
            numbers: [
                "limit": fullest.limit, "used": fullest.used, "free": fullest.free, "needed": fullest.needed,
            ],
            extensionID: fullest.extensionID
        )
    }

    private static func checkBudget(_ budget: PBXBudget?) -> CheckFinding {
        var numbers: [String: Int] = [:]
        numbers["limit"] = budget?.limit
        numbers["remaining"] = budget?.remaining
        numbers["reset_seconds"] = budget?.resetSeconds
        let isUsedUp = BudgetRule.decide(budget, isInteractive: false) != .go
        return CheckFinding(.budget, isUsedUp ? .usedUp : .good, numbers: numbers)
    }

    // MARK: - An event end to end

    /// Sends an event that no rule assembles to the event URL of a mapped extension, and looks for it.
    private func checkEvent(_ scope: TenantScope, id: UUID) async throws -> CheckFinding {
        let mapped = try await self.database.tenant(scope) { try await $0.mappings.current().mappings }
        guard let extensionID = mapped.first?.extensionID else { return CheckFinding(.syntheticEvent, .nothingMapped) }
        let live: EventToken?
        do {
            live = try await self.database.system { transaction in
                try await transaction.eventTokens.tokens(of: scope, extensionID: extensionID, keyRing: self.keyRing)
            }.live
        } catch is KeyRing.OpenError {
            return CheckFinding(.syntheticEvent, .locked, extensionID: extensionID)
        }
        let name = "ringbridge-check-" + id.uuidString.lowercased()
        guard let live, let callID = CallID(received: name) else {
            return CheckFinding(.syntheticEvent, .nothingMapped)
        }
        let status = await self.probe.post(
            [("EventType", EventType.selfTest.rawValue), ("CallID", name)],
            to: live.eventURL(publicURL: self.publicURL)
        )
        guard status == 200 else {
            let numbers = status.map { ["status": $0] } ?? [:]
            return CheckFinding(.syntheticEvent, .refused, numbers: numbers, extensionID: extensionID)
        }
        // It was durable before it was answered.
        let isStored = try await self.database.system { try await $0.hasEvent(of: callID, scope: scope) }
        return CheckFinding(.syntheticEvent, isStored ? .good : .lost, extensionID: extensionID)
    }
}
