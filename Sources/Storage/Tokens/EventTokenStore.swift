import Postgres
package import Telephony

/// A token of an extension on its way into the table: digest for look-up, sealed text for composing the URL.
struct NewEventToken: Sendable {
    var extensionID: ExtensionID
    var digest: SecretDigest
    var sealed: String

    init(scope: TenantScope, extensionID: ExtensionID, token: EventToken, keyRing: KeyRing) throws {
        self.extensionID = extensionID
        self.digest = SecretDigest(of: token.text)
        self.sealed = try keyRing.seal(
            token.text,
            context: .eventToken(of: scope.tenantID, extensionID: extensionID)
        )
    }
}

/// Whose events a token's are.
package struct EventTokenOwner: Hashable, Sendable {
    package var scope: TenantScope
    package var extensionID: ExtensionID
}

/// The tokens of one extension, or of one agent: the live one, and all that it ever had and that may still be on the PBX.
package struct EventTokens: Sendable {
    /// Nil while its events are not wanted.
    package var live: EventToken?
    /// Live and retired: what proves that a row on the PBX is ours.
    package var all: Set<EventToken>

    package init(live: EventToken?, all: Set<EventToken>) {
        self.live = live
        self.all = all
    }

    /// Those that are no longer live.
    package var retired: Set<EventToken> { self.live.map { self.all.subtracting([$0]) } ?? self.all }

    /// - Throws: ``KeyRing/OpenError`` when the key ring lacks the key of one.
    init(opening rows: [SealedToken], with keyRing: KeyRing, context: SealContext) throws {
        self.init(live: nil, all: [])
        for row in rows {
            guard let token = EventToken(try keyRing.open(row.sealed, context: context)) else {
                throw KeyRing.OpenError.malformed
            }
            self.all.insert(token)
            if row.isLive {
                self.live = token
            }
        }
    }
}

/// A token as it is stored for composing its URL.
struct SealedToken: Sendable {
    var sealed: String
    var isLive: Bool

    init(row: inout Row) throws(PostgresError) {
        self.sealed = try row.next()
        self.isLive = try row.next()
    }
}

extension SystemTransaction {
    /// Event tokens of all tenants.
    package var eventTokens: EventTokenStore { EventTokenStore(postgres: self.postgres) }
}

/// Looks up event tokens across tenants.
package struct EventTokenStore: Sendable {
    let postgres: PostgresTransaction

    /// Grows with each change of any token.
    package func version() async throws -> Int64 {
        try await self.postgres.first(FindEventTokenVersion()) ?? 0
    }

    /// Every token that is accepted, by digest.
    package func owners() async throws -> [SecretDigest: EventTokenOwner] {
        let rows = try await self.postgres.execute(ListEventTokenOwners())
        return Dictionary(rows.map { ($0.digest, $0.owner) }, uniquingKeysWith: { first, _ in first })
    }

    /// Forgets the retired tokens that the PBX has had no row with for `seconds`; returns how many.
    package func forgetUnused(forSeconds seconds: Int) async throws -> Int {
        try await self.postgres.affectedRows(ForgetUnusedTokens(unusedForSeconds: Int32(clamping: seconds)))
    }

    /// The opened tokens of one extension.
    ///
    /// - Throws: ``KeyRing/OpenError`` when the key ring lacks the key of one: without it a row of ours would look foreign.
    package func tokens(
        of scope: TenantScope,
        extensionID: ExtensionID,
        keyRing: KeyRing
    ) async throws -> EventTokens {
        let rows = try await self.postgres.execute(
            ListExtensionTokens(tenantID: scope.tenantID, extensionID: extensionID)
        )
        return try EventTokens(
            opening: rows,
            with: keyRing,
            context: .eventToken(of: scope.tenantID, extensionID: extensionID)
        )
    }
}

struct FindEventTokenVersion: Statement {
    static let sql: StaticString = "SELECT version FROM event_token_version"

    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}

struct ListEventTokenOwners: Statement {
    static let sql: StaticString = """
        SELECT e.digest, e.tenant_id, e.extension_id FROM event_tokens e JOIN tenants t USING (tenant_id)
        WHERE t.status <> 'removing'
        """

    struct Output: Sendable {
        var digest: SecretDigest
        var owner: EventTokenOwner
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        Output(
            digest: SecretDigest(stored: try row.next()),
            owner: EventTokenOwner(scope: TenantScope(tenantID: try row.next()), extensionID: try row.next())
        )
    }
}

struct ListExtensionTokens: Statement {
    static let sql: StaticString = """
        SELECT sealed, retired_at IS NULL FROM event_tokens WHERE tenant_id = $1 AND extension_id = $2
        """
    var tenantID: TenantID
    var extensionID: ExtensionID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionID)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SealedToken { try SealedToken(row: &row) }
}

struct RetireEventTokens: Statement {
    static let sql: StaticString = """
        UPDATE event_tokens SET retired_at = now()
        WHERE tenant_id = $1 AND extension_id = ANY ($2) AND retired_at IS NULL
        """
    var tenantID: String
    var extensionIDs: [Int64]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.extensionIDs)
    }
}

struct InsertEventTokens: Statement {
    static let sql: StaticString = """
        INSERT INTO event_tokens (tenant_id, extension_id, digest, sealed)
        SELECT $1, t.extension_id, t.digest, t.sealed
        FROM unnest($2::int8[], $3::bytea[], $4::text[]) AS t (extension_id, digest, sealed)
        """
    var tenantID: String
    var tokens: [NewEventToken]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.tokens.map(\.extensionID.rawValue))
        bindings.append(self.tokens.map(\.digest.bytes))
        bindings.append(self.tokens.map(\.sealed))
    }
}

/// A token that was seen on a row again has been unused only since that row went.
struct NoteUnusedTokens: Statement {
    static let sql: StaticString = """
        UPDATE event_tokens SET unused_since = now()
        WHERE tenant_id = $1 AND extension_id = $2 AND digest = ANY ($3) AND retired_at IS NOT NULL
          AND (unused_since IS NULL OR digest = ANY ($4))
        """
    var claim: ReconcileClaim
    var digests: [[UInt8]]
    var seen: [[UInt8]]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.claim.scope.tenantID)
        bindings.append(self.claim.extensionID)
        bindings.append(self.digests)
        bindings.append(self.seen)
    }
}

struct ForgetUnusedTokens: Statement {
    static let sql: StaticString = """
        DELETE FROM event_tokens WHERE retired_at IS NOT NULL AND unused_since < now() - $1 * interval '1 second'
        """
    var unusedForSeconds: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.unusedForSeconds) }
}
