import Postgres
import Telephony

extension SystemTransaction {
    /// Everything that is sealed, of all tenants.
    package var sealedSecrets: SealedSecrets { SealedSecrets(postgres: self.postgres) }
}

/// Everything in the database that the key ring seals: app secrets and the tokens of event URLs.
package struct SealedSecrets: Sendable {
    let postgres: PostgresTransaction

    /// How many secrets are sealed under each key, by its id.
    package func counts() async throws -> [String: Int] {
        let rows = try await self.postgres.execute(CountSealedSecrets())
        return Dictionary(rows, uniquingKeysWith: +)
    }

    /// Seals under the current key what another one sealed, `limit` rows of one kind at most, after `last` in the order of
    /// the keys.
    ///
    /// A row that another transaction is writing is passed over: waiting for it could be a deadlock.
    func reseal(
        _ kind: SealedKind,
        after last: SealedRow?,
        with keyRing: KeyRing,
        limit: Int32
    ) async throws -> ResealedBatch {
        let rows: [SealedRow] =
            switch kind {
            case .appSecrets:
                try await self.postgres.execute(
                    ClaimAppSecrets(after: last?.tenantID, currentKey: keyRing.currentID, limit: limit)
                )
            case .eventTokens:
                try await self.postgres.execute(
                    ClaimEventTokens(after: last?.digest ?? [], currentKey: keyRing.currentID, limit: limit)
                )
            case .agentTokens:
                try await self.postgres.execute(
                    ClaimAgentTokens(after: last?.digest ?? [], currentKey: keyRing.currentID, limit: limit)
                )
            }
        var batch = ResealedBatch(last: rows.last)
        var resealed: [(old: SealedRow, new: String)] = []
        for row in rows {
            let context = row.place.context(of: row.tenantID)
            let secret: String
            do throws(KeyRing.OpenError) {
                secret = try keyRing.open(row.sealed, context: context)
            } catch {
                batch.failures.append(RekeyFailure(tenantID: row.tenantID, place: row.place, reason: error))
                continue
            }
            resealed.append((row, try keyRing.seal(secret, context: context)))
        }
        guard !resealed.isEmpty else { return batch }
        batch.resealed =
            switch kind {
            case .appSecrets: try await self.postgres.affectedRows(ResealAppSecrets(resealed))
            case .eventTokens: try await self.postgres.affectedRows(ResealEventTokens(resealed))
            case .agentTokens: try await self.postgres.affectedRows(ResealAgentTokens(resealed))
            }
        return batch
    }
}

/// The tables that hold sealed secrets.
enum SealedKind: CaseIterable {
    case appSecrets
    case eventTokens
    case agentTokens
}

/// A stored secret, and the row it is in.
struct SealedRow: Sendable {
    var tenantID: TenantID
    var place: SealedPlace
    /// The key of a token's row; empty for an app secret.
    var digest: [UInt8]
    var sealed: String
}

/// What one batch did.
struct ResealedBatch: Sendable {
    /// Nil when there were no more rows.
    var last: SealedRow?
    var resealed = 0
    var failures: [RekeyFailure] = []
}

struct CountSealedSecrets: Statement {
    static let sql: StaticString = """
        SELECT split_part(sealed, '.', 2), count(*)::int8 FROM (
          SELECT pbx_app_secret_sealed FROM tenants UNION ALL
          SELECT sealed FROM event_tokens UNION ALL
          SELECT sealed FROM agent_tokens) AS secrets (sealed)
        GROUP BY 1
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> (key: String, count: Int) {
        (try row.next(), Int(try row.next() as Int64))
    }
}

struct ClaimAppSecrets: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, pbx_app_secret_sealed FROM tenants
        WHERE ($1::text IS NULL OR tenant_id > $1) AND split_part(pbx_app_secret_sealed, '.', 2) <> $2
        ORDER BY tenant_id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        """
    var after: TenantID?
    var currentKey: String
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.after)
        bindings.append(self.currentKey)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SealedRow {
        SealedRow(tenantID: try row.next(), place: .appSecret, digest: [], sealed: try row.next())
    }
}

struct ClaimEventTokens: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, extension_id, digest, sealed FROM event_tokens
        WHERE digest > $1 AND split_part(sealed, '.', 2) <> $2
        ORDER BY digest LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        """
    var after: [UInt8]
    var currentKey: String
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.after)
        bindings.append(self.currentKey)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SealedRow {
        SealedRow(
            tenantID: try row.next(),
            place: .eventToken(try row.next()),
            digest: try row.next(),
            sealed: try row.next()
        )
    }
}

struct ClaimAgentTokens: Statement {
    static let sql: StaticString = """
        SELECT tenant_id, agent_id, digest, sealed FROM agent_tokens
        WHERE digest > $1 AND split_part(sealed, '.', 2) <> $2
        ORDER BY digest LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        """
    var after: [UInt8]
    var currentKey: String
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.after)
        bindings.append(self.currentKey)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> SealedRow {
        SealedRow(
            tenantID: try row.next(),
            place: .agentToken(try row.next()),
            digest: try row.next(),
            sealed: try row.next()
        )
    }
}

// The old text is part of the condition: what somebody wrote meanwhile stays.

struct ResealAppSecrets: Statement {
    static let sql: StaticString = """
        UPDATE tenants t SET pbx_app_secret_sealed = r.new
        FROM unnest($1::text[], $2::text[], $3::text[]) AS r (tenant_id, old, new)
        WHERE t.tenant_id = r.tenant_id AND t.pbx_app_secret_sealed = r.old
        """
    var rows: [(old: SealedRow, new: String)]

    init(_ rows: [(old: SealedRow, new: String)]) { self.rows = rows }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.rows.map(\.old.tenantID.rawValue))
        bindings.append(self.rows.map(\.old.sealed))
        bindings.append(self.rows.map(\.new))
    }
}

struct ResealEventTokens: Statement {
    static let sql: StaticString = """
        UPDATE event_tokens t SET sealed = r.new
        FROM unnest($1::bytea[], $2::text[], $3::text[]) AS r (digest, old, new)
        WHERE t.digest = r.digest AND t.sealed = r.old
        """
    var rows: [(old: SealedRow, new: String)]

    init(_ rows: [(old: SealedRow, new: String)]) { self.rows = rows }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.rows.map(\.old.digest))
        bindings.append(self.rows.map(\.old.sealed))
        bindings.append(self.rows.map(\.new))
    }
}

struct ResealAgentTokens: Statement {
    static let sql: StaticString = """
        UPDATE agent_tokens t SET sealed = r.new
        FROM unnest($1::bytea[], $2::text[], $3::text[]) AS r (digest, old, new)
        WHERE t.digest = r.digest AND t.sealed = r.old
        """
    var rows: [(old: SealedRow, new: String)]

    init(_ rows: [(old: SealedRow, new: String)]) { self.rows = rows }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.rows.map(\.old.digest))
        bindings.append(self.rows.map(\.old.sealed))
        bindings.append(self.rows.map(\.new))
    }
}
