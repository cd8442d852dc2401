import Postgres
import Telephony

/// Makes the stale legs of these CallIDs exactly these. The CallIDs are locked, so nobody else has their rows.
struct ReplaceStaleLegs: Statement {
    static let sql: StaticString = """
        WITH legs AS MATERIALIZED (
          SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::timestamptz[])
            AS l (tenant_id, call_id, leg_key, extension_id, sub_call_id, since)),
        ended AS (
          DELETE FROM stale_legs s USING unnest($1::text[], $2::text[]) AS k (tenant_id, call_id)
          WHERE s.tenant_id = k.tenant_id AND s.call_id = k.call_id AND NOT EXISTS (
            SELECT FROM legs l
            WHERE l.tenant_id = s.tenant_id AND l.call_id = s.call_id AND l.leg_key = s.leg_key))
        INSERT INTO stale_legs AS s (tenant_id, call_id, leg_key, extension_id, sub_call_id, since)
        SELECT tenant_id, call_id, leg_key, extension_id, sub_call_id, since FROM legs
        ON CONFLICT (tenant_id, call_id, leg_key) DO UPDATE
        SET extension_id = excluded.extension_id, sub_call_id = excluded.sub_call_id, since = excluded.since
        WHERE (s.extension_id, s.sub_call_id, s.since)
          IS DISTINCT FROM (excluded.extension_id, excluded.sub_call_id, excluded.since)
        """
    var keys: [CallKey]
    var legs: [(key: CallKey, leg: StaleLeg)]

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.keys)
        bindings.append(self.legs.map(\.key))
        bindings.append(self.legs.map { $0.leg.key.rawValue })
        bindings.append(self.legs.map(\.leg.extensionID.rawValue))
        bindings.append(self.legs.map(\.leg.subCallID))
        bindings.append(
            self.legs.map { PostgresTimestamp(microsecondsSinceUnixEpoch: $0.leg.since.microseconds) }
        )
    }
}

/// Legs whose end nobody expects any more. Rows that somebody else removes are passed over.
struct ForgetStaleLegs: Statement {
    static let sql: StaticString = """
        WITH old AS MATERIALIZED (
          SELECT tenant_id, call_id, leg_key FROM stale_legs
          WHERE tenant_id = ANY ($1) AND since < now() - interval '31 days' FOR UPDATE SKIP LOCKED)
        DELETE FROM stale_legs s USING old
        WHERE s.tenant_id = old.tenant_id AND s.call_id = old.call_id AND s.leg_key = old.leg_key
        """
    var tenants: [String]

    func bind(_ bindings: inout Bindings) { bindings.append(self.tenants) }
}

extension StaleLeg {
    /// The key that the leg's record will have.
    fileprivate var key: RecordKey {
        self.subCallID.map(RecordKey.leg(subCallID:)) ?? .leg(of: self.extensionID)
    }
}
