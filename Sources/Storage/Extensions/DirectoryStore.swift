package import FoundationEssentials
import Postgres
package import Telephony

/// An extension as the PBX's last listing described it.
package struct ListedExtension: Hashable, Sendable {
    package var id: ExtensionID
    package var name: String
    package var type: ExtensionType
    package var label: String?
    package var status: String
    /// When its last event arrived; the PBX's listing does not have this.
    package var lastEventAt: Timestamp?

    package init(
        id: ExtensionID,
        name: String,
        type: ExtensionType,
        label: String?,
        status: String,
        lastEventAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.label = label
        self.status = status
        self.lastEventAt = lastEventAt
    }

    /// The part that calls are assembled with.
    package var ref: ExtensionRef { ExtensionRef(id: self.id, name: self.name, type: self.type) }
}

/// Whether and when the PBX's listing was read.
package struct DirectoryStatus: Hashable, Sendable {
    /// Nil: never successfully.
    package var syncedAt: Timestamp?
    /// Of the last attempt, when it failed.
    package var errorCode: String?
    /// True while a read is asked for and has not ended.
    package var isDue: Bool
}

extension TenantTransaction {
    /// The tenant's extension directory.
    package var directory: DirectoryStore { DirectoryStore(transaction: self) }
}

/// Reads the extension directory of one tenant; the workers write it.
package struct DirectoryStore: Sendable {
    let transaction: TenantTransaction

    /// The extensions that the last successful listing had, by id.
    package func list() async throws -> [ListedExtension] {
        try await self.transaction.postgres.execute(ListExtensions(tenantID: self.transaction.tenantID))
    }

    /// When the directory was read.
    package func status() async throws -> DirectoryStatus {
        try await self.transaction.postgres.first(FindDirectoryStatus(tenantID: self.transaction.tenantID))
            ?? DirectoryStatus(syncedAt: nil, errorCode: nil, isDue: false)
    }

    /// Asks for a read of the PBX's listing, and wakes the workers.
    package func requestSync() async throws {
        _ = try await self.transaction.postgres.execute(RequestDirectorySync(id: self.transaction.scope.tenantID))
        try await self.transaction.postgres.notify(channel: Channel.directory, payload: "")
    }
}

/// A directory to read, leased to one process.
package struct DirectoryClaim: Hashable, Sendable {
    package var scope: TenantScope
    package var claimID: UUID
    package var attempts: Int
    /// Somebody asked for it.
    package var isInteractive: Bool
}

extension SystemTransaction {
    /// Leases up to `limit` directories that are due.
    package func claimDirectories(claimID: UUID, leaseSeconds: Int, limit: Int) async throws -> [DirectoryClaim] {
        try await self.postgres.execute(
            ClaimDirectories(
                claimID: claimID,
                leaseSeconds: Int32(clamping: leaseSeconds),
                limit: Int32(clamping: limit)
            )
        )
    }

    /// Records a listing: extensions it has are written, those it lacks are marked gone; next read in `nextInSeconds`.
    /// When calls are assembled differently with it, ``requestAssemblyAfterListing()`` has something to do from now on.
    ///
    /// - Returns: false when the lease was lost; nothing is written then.
    package func recordDirectory(
        _ claim: DirectoryClaim,
        listing: [ListedExtension],
        nextInSeconds: Int
    ) async throws -> Bool {
        let tenantID = claim.scope.tenantID
        // Before the listing is written, and before the time of the one before it is overwritten.
        _ = try await self.postgres.execute(
            NoteReassembly(tenantID: tenantID, claimID: claim.claimID, listing: listing)
        )
        let finished = try await self.postgres.affectedRows(
            FinishDirectory(
                tenantID: tenantID,
                claimID: claim.claimID,
                errorCode: nil,
                nextInSeconds: Int32(clamping: nextInSeconds)
            )
        )
        guard finished > 0 else { return false }
        // Before the listing is written: it compares with what was known.
        _ = try await self.postgres.execute(RequestReconcileOfChanged(tenantID: tenantID, listing: listing))
        _ = try await self.postgres.execute(WriteExtensions(tenantID: tenantID, listing: listing))
        try await self.postgres.notify(channel: Channel.reconcile, payload: "")
        try await self.postgres.notify(channel: Channel.directoryRead, of: tenantID)
        return true
    }

    /// Makes calls due again that may have been assembled without what a listing brought: those with events since the listing
    /// before, or all stored ones when there was none. For one tenant at a time.
    ///
    /// In a transaction after the listing's: an assembly that still knew the old directory has only seen events that are
    /// committed by now, so no call is missed. Until it is done the wish stays in the listing's row. The calls become due
    /// over time, 500 a second, so that fresh ones do not wait behind them.
    ///
    /// - Returns: false when no tenant is left for which this is to be done.
    package func requestAssemblyAfterListing() async throws -> Bool {
        let tenants = try await self.postgres.execute(LockChangedDirectories())
        guard !tenants.isEmpty else { return false }
        _ = try await self.postgres.execute(RequestAssemblyAfterListings(tenants: tenants))
        try await self.postgres.notify(channel: Channel.assembly, payload: "")
        return true
    }

    /// Asks for the listings of tenants whose calls name extensions that the directory lacks, 10 minutes after the last one
    /// or at once when that is past. Nobody waits for it. A listing that failed last has its own time to be tried again.
    package func requestDirectories(of scopes: Set<TenantScope>) async throws {
        guard !scopes.isEmpty else { return }
        _ = try await self.postgres.execute(RequestDirectories(tenants: scopes.map(\.tenantID.rawValue)))
    }

    /// Records that a listing failed; the extensions stay as they are. Next try in `nextInSeconds`.
    package func recordDirectoryFailure(_ claim: DirectoryClaim, errorCode: String, nextInSeconds: Int) async throws {
        _ = try await self.postgres.execute(
            FinishDirectory(
                tenantID: claim.scope.tenantID,
                claimID: claim.claimID,
                errorCode: errorCode,
                nextInSeconds: Int32(clamping: nextInSeconds)
            )
        )
        try await self.postgres.notify(channel: Channel.directoryRead, of: claim.scope.tenantID)
    }
}

struct ListExtensions: Statement {
    static let sql: StaticString = """
        SELECT extension_id, name, type, label, status, last_event_at FROM extensions
        WHERE tenant_id = $1 AND gone_at IS NULL ORDER BY extension_id
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> ListedExtension {
        ListedExtension(
            id: try row.next(),
            name: try row.next(),
            type: try row.next(),
            label: try row.nextOptional(),
            status: try row.next(),
            lastEventAt: try row.nextOptional()
        )
    }
}

struct FindDirectoryStatus: Statement {
    static let sql: StaticString = """
        SELECT synced_at, error_code, due_at <= now() OR claim_id IS NOT NULL FROM directory_syncs WHERE tenant_id = $1
        """
    var tenantID: String

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenantID) }
    static func decode(_ row: inout Row) throws(PostgresError) -> DirectoryStatus {
        DirectoryStatus(syncedAt: try row.nextOptional(), errorCode: try row.nextOptional(), isDue: try row.next())
    }
}

struct RequestDirectorySync: Statement {
    static let sql: StaticString = """
        UPDATE directory_syncs SET due_at = now(), attempts = 0, interactive = true WHERE tenant_id = $1
        """
    var id: TenantID

    func bind(_ bindings: inout Bindings) { bindings.append(self.id) }
}

/// A claim moves due_at to the lease's end, so that a request made meanwhile (an earlier due_at) is seen when it ends.
struct ClaimDirectories: Statement {
    static let sql: StaticString = """
        WITH due AS (
          SELECT d.tenant_id FROM directory_syncs d JOIN tenants t USING (tenant_id)
          WHERE d.due_at <= now() AND (d.claimed_until IS NULL OR d.claimed_until < now()) AND t.status <> 'removing'
          ORDER BY d.due_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED)
        UPDATE directory_syncs d
        SET claim_id = $1, claimed_until = now() + $2 * interval '1 second',
          due_at = now() + $2 * interval '1 second', attempts = d.attempts + 1
        FROM due WHERE d.tenant_id = due.tenant_id
        RETURNING d.tenant_id, d.claim_id, d.attempts, d.interactive
        """
    var claimID: UUID
    var leaseSeconds: Int32
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claimID)
        bindings.append(self.leaseSeconds)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> DirectoryClaim {
        DirectoryClaim(
            scope: TenantScope(tenantID: try row.next()),
            claimID: try row.next(),
            attempts: Int(try row.next(Int32.self)),
            isInteractive: try row.next()
        )
    }
}

/// Ends a claimed read, with or without an error code.
struct FinishDirectory: Statement {
    static let sql: StaticString = """
        UPDATE directory_syncs SET claim_id = NULL, claimed_until = NULL,
          synced_at = CASE WHEN $3::text IS NULL THEN now() ELSE synced_at END,
          failed_at = CASE WHEN $3::text IS NULL THEN NULL ELSE now() END,
          error_code = $3,
          attempts = CASE WHEN $3::text IS NULL THEN 0 ELSE attempts END,
          interactive = due_at < claimed_until,
          due_at = CASE WHEN due_at < claimed_until THEN due_at ELSE now() + $4 * interval '1 second' END
        WHERE tenant_id = $1 AND claim_id = $2
        """
    var tenantID: TenantID
    var claimID: UUID
    var errorCode: String?
    var nextInSeconds: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.claimID)
        bindings.append(self.errorCode)
        bindings.append(self.nextInSeconds)
    }
}

/// Does something when the listing has an extension that is new, or known under another name or as another kind: the first
/// listing always does. The listing before was taken up to a lease's length before it was recorded, hence the margin.
struct NoteReassembly: Statement {
    static let sql: StaticString = """
        UPDATE directory_syncs
        SET reassemble_from = least(reassemble_from, coalesce(synced_at - interval '5 minutes', '-infinity'))
        WHERE tenant_id = $1 AND claim_id = $2 AND EXISTS (
          SELECT FROM unnest($3::int8[], $4::text[], $5::text[]) AS l (extension_id, name, type)
          LEFT JOIN extensions e ON e.tenant_id = $1 AND e.extension_id = l.extension_id
          WHERE (e.name, e.type) IS DISTINCT FROM (l.name, l.type))
        """
    var tenantID: TenantID
    var claimID: UUID
    var listing: [ListedExtension]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.claimID)
        bindings.append(self.listing.map(\.id.rawValue))
        bindings.append(self.listing.map(\.name))
        bindings.append(self.listing.map(\.type.rawValue))
    }
}

/// A statement of its own: the one that follows sees all that was committed before the lock. One tenant, so that what takes long
/// for one holds up no other.
struct LockChangedDirectories: Statement {
    static let sql: StaticString = """
        SELECT tenant_id FROM directory_syncs WHERE reassemble_from IS NOT NULL ORDER BY random() LIMIT 1
        FOR UPDATE SKIP LOCKED
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> String { try row.next() }
}

struct RequestAssemblyAfterListings: Statement {
    static let sql: StaticString = """
        WITH changed AS MATERIALIZED (
          SELECT tenant_id, reassemble_from FROM directory_syncs WHERE tenant_id = ANY ($1)),
        due AS (
          INSERT INTO assembly_due (tenant_id, call_id, due_at)
          SELECT tenant_id, call_id, now() + (row_number() OVER () - 1) / 500 * interval '1 second'
          FROM (
            SELECT DISTINCT e.tenant_id, e.call_id FROM changed c
            JOIN events e ON e.tenant_id = c.tenant_id AND e.arrived_at >= c.reassemble_from
            WHERE e.call_id IS NOT NULL) AS calls)
        UPDATE directory_syncs d SET reassemble_from = NULL FROM changed WHERE d.tenant_id = changed.tenant_id
        """
    var tenants: [String]

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
}

/// Rows that somebody holds are passed over: what they do is a read, or asks for one.
struct RequestDirectories: Statement {
    static let sql: StaticString = """
        WITH stale AS MATERIALIZED (
          SELECT tenant_id, greatest(synced_at + interval '10 minutes', now()) AS at FROM directory_syncs
          WHERE tenant_id = ANY ($1) AND claim_id IS NULL AND error_code IS NULL
            AND due_at > greatest(synced_at + interval '10 minutes', now())
          FOR UPDATE SKIP LOCKED)
        UPDATE directory_syncs d SET due_at = stale.at FROM stale WHERE d.tenant_id = stale.tenant_id
        """
    var tenants: [String]

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
}

struct WriteExtensions: Statement {
    static let sql: StaticString = """
        WITH listed AS (
          SELECT * FROM unnest($2::int8[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS l (extension_id, name, type, label, status)),
        gone AS (
          UPDATE extensions SET gone_at = now()
          WHERE tenant_id = $1 AND gone_at IS NULL AND extension_id <> ALL ($2))
        INSERT INTO extensions (tenant_id, extension_id, name, type, label, status)
        SELECT $1, extension_id, name, type, label, status FROM listed
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          name = excluded.name, type = excluded.type, label = excluded.label, status = excluded.status, gone_at = NULL
        """
    var tenantID: TenantID
    var listing: [ListedExtension]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.listing.map(\.id.rawValue))
        bindings.append(self.listing.map(\.name))
        bindings.append(self.listing.map(\.type.rawValue))
        bindings.append(self.listing.map(\.label))
        bindings.append(self.listing.map(\.status))
    }
}

/// Mapped extensions whose type the listing changes, or that it brings back, takes away or shows for the first time: what is wanted of them changes, or can be told at last.
struct RequestReconcileOfChanged: Statement {
    static let sql: StaticString = """
        INSERT INTO reconcile_todos (tenant_id, extension_id)
        SELECT m.tenant_id, m.extension_id
        FROM mappings m
        LEFT JOIN extensions e ON e.tenant_id = m.tenant_id AND e.extension_id = m.extension_id AND e.gone_at IS NULL
        LEFT JOIN unnest($2::int8[], $3::text[]) AS l (extension_id, type) ON l.extension_id = m.extension_id
        WHERE m.tenant_id = $1 AND m.valid_until IS NULL AND e.type IS DISTINCT FROM l.type
        ORDER BY m.extension_id
        ON CONFLICT (tenant_id, extension_id) DO UPDATE SET
          generation = nextval('reconcile_generations'), drift = false, due_at = now(), attempts = 0
        """
    var tenantID: TenantID
    var listing: [ListedExtension]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.listing.map(\.id.rawValue))
        bindings.append(self.listing.map(\.type.rawValue))
    }
}
