import Postgres
package import Telephony

/// A tenant's mapping set and its version, the ETag.
package struct MappingSet: Hashable, Sendable {
    package var version: Int64
    /// In the order of extension ids.
    package var mappings: [Mapping]

    package init(version: Int64, mappings: [Mapping]) {
        self.version = version
        self.mappings = mappings
    }
}

/// An extension's to-do and the generation it waits for.
package struct ReconcileTicket: Hashable, Sendable {
    package var extensionID: ExtensionID
    package var generation: Int64
}

extension TenantTransaction {
    /// The tenant's mappings.
    package var mappings: MappingStore { MappingStore(transaction: self) }
}

/// Reads and replaces the mappings of one tenant.
package struct MappingStore: Sendable {
    let transaction: TenantTransaction

    private var postgres: PostgresTransaction { self.transaction.postgres }
    private var tenantID: String { self.transaction.tenantID }

    /// The mappings in force and their version.
    package func current() async throws -> MappingSet {
        MappingSet(
            version: try await self.postgres.first(FindMappingSetVersion(tenantID: self.tenantID)) ?? 0,
            mappings: try await self.postgres.execute(ListMappings(tenantID: self.tenantID))
        )
    }

    /// The mappings in force; nobody else changes them until this transaction ends.
    package func lockCurrent() async throws -> MappingSet {
        let version = try await self.postgres.first(LockMappingSet(tenantID: self.tenantID))
        return MappingSet(
            version: version ?? 0,
            mappings: try await self.postgres.execute(ListMappings(tenantID: self.tenantID))
        )
    }

    /// Brings the mappings from the locked set to `wanted`, in one transaction: closes and opens history, retires and makes
    /// event tokens, writes the to-do rows of the extensions that need a reconcile, and wakes the workers.
    ///
    /// `wanted`: validated by ``MappingValidation``.
    /// `locked`: what ``lockCurrent()`` gave in this transaction.
    /// `keyRing`: seals new tokens.
    /// `generator`: the source of new tokens; it must be cryptographic.
    /// Returns the new set, and a ticket for each extension that is reconciled because of it.
    package func replace(
        _ wanted: [Mapping],
        locked: MappingSet,
        keyRing: KeyRing,
        using generator: inout some RandomNumberGenerator
    ) async throws -> (set: MappingSet, tickets: [ReconcileTicket]) {
        let change = MappingChange(from: locked.mappings, to: wanted)
        // After the lock, so that periods of one extension never overlap; one instant, so that they leave no gap.
        guard let instant = try await self.postgres.first(ReadClock()) else {
            return (locked, [])
        }
        if !change.closed.isEmpty {
            _ = try await self.postgres.execute(
                CloseMappings(tenantID: self.tenantID, extensionIDs: change.closed.map(\.rawValue), at: instant)
            )
        }
        if !change.opened.isEmpty {
            _ = try await self.postgres.execute(
                OpenMappings(tenantID: self.tenantID, mappings: change.opened, at: instant)
            )
        }
        if !change.unmapped.isEmpty {
            _ = try await self.postgres.execute(
                RetireEventTokens(tenantID: self.tenantID, extensionIDs: change.unmapped.map(\.rawValue))
            )
        }
        if !change.newlyMapped.isEmpty {
            let tokens = try change.newlyMapped.map { extensionID in
                try NewEventToken(
                    scope: self.transaction.scope,
                    extensionID: extensionID,
                    token: EventToken.generate(using: &generator),
                    keyRing: keyRing
                )
            }
            _ = try await self.postgres.execute(InsertEventTokens(tenantID: self.tenantID, tokens: tokens))
        }
        let version =
            change.isEmpty
            ? locked.version : try await self.postgres.first(RaiseMappingSetVersion(tenantID: self.tenantID)) ?? 0
        let tickets = try await self.transaction.reconcile.requestWhereNeeded(
            change.newlyMapped + change.unmapped,
            amongMapped: wanted.map(\.extensionID)
        )
        let mappings = wanted.sorted { $0.extensionID.rawValue < $1.extensionID.rawValue }
        return (MappingSet(version: version, mappings: mappings), tickets)
    }
}

/// What differs between two mapping sets.
struct MappingChange: Hashable, Sendable {
    /// Extensions whose current period ends: unmapped, or given to another user.
    var closed: [ExtensionID]
    /// Mappings whose period begins.
    var opened: [Mapping]
    /// Extensions that had no mapping.
    var newlyMapped: [ExtensionID]
    /// Extensions that have no mapping any more.
    var unmapped: [ExtensionID]

    var isEmpty: Bool { self.closed.isEmpty && self.opened.isEmpty }

    init(from old: [Mapping], to new: [Mapping]) {
        let oldByID = Dictionary(old.map { ($0.extensionID, $0) }, uniquingKeysWith: { first, _ in first })
        let newIDs = Set(new.map(\.extensionID))
        self.opened = new.filter { oldByID[$0.extensionID] != $0 }
        self.newlyMapped = new.map(\.extensionID).filter { oldByID[$0] == nil }
        self.unmapped = old.map(\.extensionID).filter { !newIDs.contains($0) }
        self.closed = self.unmapped + self.opened.map(\.extensionID).filter { oldByID[$0] != nil }
    }
}
