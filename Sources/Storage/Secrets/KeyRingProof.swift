import Postgres
import Telephony

extension KeyRing {
    /// Why a key ring is not the one of a database. Holds no key material.
    package struct Misfit: Error, Hashable, Sendable, CustomStringConvertible {
        package var problem: String
        /// What to do.
        package var fix: String

        package var description: String { "\(self.problem); \(self.fix)" }
    }
}

extension SystemTransaction {
    /// Proves that the key ring opens everything that is stored, by a secret of each kind under each key in use. Reads every
    /// sealed row: for a start, not for each probe.
    ///
    /// - Throws: ``KeyRing/Misfit`` with all keys that are missing.
    package func proveKeyRingOpensAll(_ keyRing: KeyRing) async throws {
        var missing: Set<String> = []
        var foreign: Set<String> = []
        for sample in try await self.postgres.execute(SampleEverySecret()) {
            do throws(KeyRing.OpenError) {
                _ = try keyRing.open(sample.sealed, context: sample.context)
            } catch {
                switch error {
                case .unknownKey(let id): missing.insert(id)
                case .notAuthentic, .malformed: foreign.insert(sample.keyID)
                }
            }
        }
        if !missing.isEmpty {
            throw KeyRing.Misfit(
                problem: "MASTER_KEYS lacks \(Self.list(missing)), under which secrets in the database are sealed",
                fix: "add to MASTER_KEYS, after the current key, what sealed them: id:base64, separated by commas"
            )
        }
        if !foreign.isEmpty {
            throw KeyRing.Misfit(
                problem: "what MASTER_KEYS has as \(Self.list(foreign)) is not what sealed secrets in the database",
                fix: "restore the key that had this id; a new key needs a new id"
            )
        }
    }

    private static func list(_ ids: Set<String>) -> String {
        let names = ids.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return ids.count == 1 ? "the key \(names)" : "the keys \(names)"
    }
}

/// A sealed text of each kind under each key that is in use.
struct SampleEverySecret: Statement {
    static let sql: StaticString = """
        SELECT DISTINCT ON (kind, key_id) kind, key_id, tenant_id, subject, sealed
        FROM (
          SELECT 'app_secret' AS kind, split_part(pbx_app_secret_sealed, '.', 2) AS key_id, tenant_id, 0::int8 AS subject,
            pbx_app_secret_sealed AS sealed
          FROM tenants
          UNION ALL SELECT 'event_token', split_part(sealed, '.', 2), tenant_id, extension_id, sealed FROM event_tokens
          UNION ALL SELECT 'agent_token', split_part(sealed, '.', 2), tenant_id, agent_id, sealed FROM agent_tokens
        ) AS secrets
        """

    struct Output: Sendable {
        var keyID: String
        var context: SealContext
        var sealed: String
    }

    static func decode(_ row: inout Row) throws(PostgresError) -> Output {
        let kind = try row.next(String.self)
        let keyID = try row.next(String.self)
        let tenantID = TenantID(rawValue: try row.next())
        let subject = try row.next(Int64.self)
        let context: SealContext =
            switch kind {
            case "event_token": .eventToken(of: tenantID, extensionID: ExtensionID(rawValue: subject))
            case "agent_token": .agentToken(of: tenantID, agentID: AgentID(rawValue: subject))
            default: .appSecret(of: tenantID)
            }
        return Output(keyID: keyID, context: context, sealed: try row.next())
    }
}
