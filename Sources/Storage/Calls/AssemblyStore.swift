import Postgres
package import Telephony

/// A CallID of a tenant.
package struct CallKey: Hashable, Sendable {
    package var scope: TenantScope
    package var callID: CallID
}

/// CallIDs claimed for assembly, and the database's instant of the claim.
package struct AssemblyClaim: Sendable {
    package var keys: [CallKey]
    package var now: Timestamp
}

/// All that the assembly of one CallID needs from storage.
package struct AssemblyMaterial: Sendable {
    package var key: CallKey
    package var events: [CallEvent]
    package var stored: [StoredCall]
    package var settings: TenantSettings
    package var directory: ExtensionDirectory
    package var history: [MappingPeriod]
    /// What the PBX's call history has of the CallID.
    package var recordings: [KnownRecording]
}

/// What one assembled CallID writes.
package struct AssemblyResult: Sendable {
    package var key: CallKey
    package var changes: [CallChange]
    /// When time alone changes the result.
    package var nextDue: Timestamp?
    /// Legs that have waited for their hangup too long.
    package var staleLegs: [StaleLeg]

    package init(key: CallKey, changes: [CallChange], nextDue: Timestamp?, staleLegs: [StaleLeg] = []) {
        self.key = key
        self.changes = changes
        self.nextDue = nextDue
        self.staleLegs = staleLegs
    }
}

extension SystemTransaction {
    /// The assembly's queue, material and results.
    package var assembly: AssemblyStore { AssemblyStore(postgres: self.postgres) }
}

/// The assembler's side of events and calls.
///
/// One transaction claims CallIDs, loads what they need and writes what changed. An advisory lock on the CallID, taken before
/// anything is read, makes two processes take turns; the lock and the claim go with the transaction, so a crash anywhere
/// leaves the CallIDs due.
package struct AssemblyStore: Sendable {
    let postgres: PostgresTransaction

    /// Claims the CallIDs of up to `limit` due rows.
    ///
    /// `now`: the instant that decides what is due; nil: the database's clock.
    package func claim(limit: Int, now: Timestamp? = nil) async throws -> AssemblyClaim {
        let rows = try await self.postgres.execute(ClaimAssembly(limit: Int32(clamping: limit), now: now))
        let keys = rows.filter(\.isLocked).map(\.key)
        // Of the last lock.
        let instant = rows.map(\.now).max() ?? now ?? Timestamp(microseconds: 0)
        guard !keys.isEmpty else { return AssemblyClaim(keys: [], now: instant) }
        _ = try await self.postgres.execute(DeleteDueRows(keys: keys))
        return AssemblyClaim(keys: keys, now: instant)
    }

    /// Claims these CallIDs, due or not, waiting for other processes that hold one.
    package func claim(_ keys: [CallKey]) async throws -> AssemblyClaim {
        let rows = try await self.postgres.execute(LockCalls(keys: keys))
        _ = try await self.postgres.execute(DeleteDueRows(keys: keys))
        return AssemblyClaim(keys: keys, now: rows.first ?? Timestamp(microseconds: 0))
    }

    /// Loads the events, stored records and settings of claimed CallIDs. One whose events retention has dropped, all or some,
    /// is left out: its records stay as they are.
    package func load(_ claim: AssemblyClaim) async throws -> [AssemblyMaterial] {
        let tenants = Set(claim.keys.map(\.scope.tenantID.rawValue)).sorted()
        async let eventRows = self.postgres.execute(LoadEvents(keys: claim.keys))
        async let storedRows = self.postgres.execute(LoadStoredCalls(keys: claim.keys))
        async let settingRows = self.postgres.execute(LoadSettings(tenants: tenants))
        async let extensionRows = self.postgres.execute(LoadDirectories(tenants: tenants))
        async let recordingRows = self.postgres.execute(LoadKnownRecordings(keys: claim.keys))
        let events = Dictionary(grouping: try await eventRows, by: \.key)
        let extensions = Set(
            events.values.joined().map { ExtensionOfTenant(scope: $0.key.scope, id: $0.event.extensionID) }
        )
        async let historyRows = self.postgres.execute(LoadHistory(extensions: Array(extensions)))
        let stored = Dictionary(grouping: try await storedRows, by: \.key)
        let settings = Dictionary(
            try await settingRows.map { ($0.tenantID, $0.settings) },
            uniquingKeysWith: { first, _ in first }
        )
        let directories = Dictionary(grouping: try await extensionRows, by: \.tenantID)
            .mapValues { ExtensionDirectory($0.map(\.ref)) }
        let history = Dictionary(grouping: try await historyRows, by: \.tenantID)
        let recordings = Dictionary(grouping: try await recordingRows, by: \.key)
        return claim.keys.compactMap { key in
            let stored = stored[key] ?? []
            guard let events = events[key], let settings = settings[key.scope.tenantID],
                !hasLostEvents(recordedAt: stored.map(\.createdAt), arrivals: events.map(\.event.arrivedAt))
            else { return nil }
            return AssemblyMaterial(
                key: key,
                events: events.map(\.event),
                stored: stored.map(\.call),
                settings: settings,
                directory: directories[key.scope.tenantID] ?? ExtensionDirectory([]),
                history: history[key.scope.tenantID]?.map(\.period) ?? [],
                recordings: recordings[key]?.map(\.recording) ?? []
            )
        }
    }

    /// Writes what changed, the feed entries, the stale legs and the next due rows. The last statement of the transaction: the feed counters
    /// it takes, in the order of tenants, are held until the commit.
    package func write(_ results: [AssemblyResult]) async throws {
        guard !results.isEmpty else { return }
        let due = results.compactMap { result in result.nextDue.map { (result.key, $0) } }
        if !due.isEmpty {
            _ = try await self.postgres.execute(InsertDueRows(due: due))
        }
        let stale = results.flatMap { result in result.staleLegs.map { (result.key, $0) } }
        _ = try await self.postgres.execute(ReplaceStaleLegs(keys: results.map(\.key), legs: stale))
        if !stale.isEmpty {
            let tenants = Set(stale.map(\.0.scope.tenantID.rawValue)).sorted()
            _ = try await self.postgres.execute(ForgetStaleLegs(tenants: tenants))
        }
        let changes = results.flatMap { result in result.changes.map { (result.key.scope, $0) } }
        guard !changes.isEmpty else { return }
        let tenants = Set(changes.map(\.0.tenantID.rawValue)).sorted()
        _ = try await self.postgres.execute(LockFeeds(tenants: tenants))
        _ = try await self.postgres.execute(WriteCalls(changes: changes))
        _ = try await self.postgres.execute(NotifyCalls(tenants: tenants))
    }

    /// Notes when the extensions of these events last sent one. Rows that somebody else holds are passed over: the next event
    /// brings them up to date.
    package func noteActivity(_ materials: [AssemblyMaterial]) async throws {
        var latest: [ExtensionOfTenant: Timestamp] = [:]
        for material in materials {
            for event in material.events where event.eventType != .selfTest {
                let key = ExtensionOfTenant(scope: material.key.scope, id: event.extensionID)
                latest[key] = max(latest[key] ?? event.arrivedAt, event.arrivedAt)
            }
        }
        _ = try await self.postgres.execute(NoteExtensionActivity(latest: latest.map { ($0.key, $0.value) }))
    }

    /// Puts CallIDs off whose assembly failed; returns the largest number of failed attempts among them.
    package func putOff(_ keys: [CallKey], maximumBackoffSeconds: Int) async throws -> Int {
        let attempts = try await self.postgres.execute(
            PutOffAssembly(keys: keys, maximumBackoffSeconds: Int32(clamping: maximumBackoffSeconds))
        )
        return Int(attempts.max() ?? 0)
    }

    /// Seconds that the longest waiting due row is late, and how many due rows wait (counted up to 10,000).
    package func backlog() async throws -> AssemblyBacklog {
        try await self.postgres.first(FindBacklog()) ?? AssemblyBacklog(dueRows: 0, oldestSeconds: 0)
    }
}

/// How far assembly is behind.
package struct AssemblyBacklog: Hashable, Sendable {
    package var dueRows: Int
    package var oldestSeconds: Double
}

/// An extension of a tenant.
struct ExtensionOfTenant: Hashable, Sendable {
    var scope: TenantScope
    var id: ExtensionID
}
