package import FoundationEssentials
import Postgres
package import Telephony

/// Which calls a list shows; nil is any.
package struct CallFilter: Hashable, Sendable {
    /// `started_at` at or after.
    package var from: Timestamp?
    /// `started_at` before.
    package var to: Timestamp?
    package var direction: Direction?
    package var status: CallStatus?
    package var userID: UserID?
    package var extensionID: ExtensionID?
    /// As received, or in its normalised form.
    package var number: String?
    package var callID: CallID?

    package init() {}
}

/// A place in a list that is ordered by `started_at`, newest first.
package struct CallListPosition: Hashable, Sendable {
    package var startedAt: Timestamp
    package var id: UUID

    package init(startedAt: Timestamp, id: UUID) {
        self.startedAt = startedAt
        self.id = id
    }
}

extension TenantTransaction {
    /// The tenant's call records.
    package var calls: CallStore { CallStore(transaction: self) }
}

/// Reads the call records of one tenant.
package struct CallStore: Sendable {
    let transaction: TenantTransaction

    /// A page of calls, newest `started_at` first, after `position`. Withdrawn records are left out.
    package func list(_ filter: CallFilter, after position: CallListPosition?, limit: Int) async throws -> [StoredCall]
    {
        try await self.transaction.postgres.execute(
            ListCalls(
                tenantID: self.transaction.tenantID,
                filter: filter,
                position: position,
                limit: Int32(clamping: limit)
            )
        )
    }

    /// One record; nil when there is none or it was withdrawn.
    package func find(_ id: UUID) async throws -> StoredCall? {
        try await self.transaction.postgres.first(FindCall(tenantID: self.transaction.tenantID, id: id))
    }
}

struct ListCalls: Statement {
    static let sql: StaticString = """
        SELECT id, version, seq, withdrawn, record_key, direction, status, call_id, sub_call_id, user_id, extension_id,
          extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at, answered_at,
          ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule, rules_version
        FROM calls
        WHERE tenant_id = $1 AND NOT withdrawn
          AND ($2::timestamptz IS NULL OR started_at >= $2)
          AND ($3::timestamptz IS NULL OR started_at < $3)
          AND ($4::text IS NULL OR direction = $4)
          AND ($5::text IS NULL OR status = $5)
          AND ($6::text IS NULL OR user_id = $6)
          AND ($7::int8 IS NULL OR extension_id = $7)
          AND ($8::text IS NULL OR client_number = $8 OR client_number_e164 = $9)
          AND ($10::text IS NULL OR call_id = $10)
          AND ($11::timestamptz IS NULL OR (started_at, id) < ($11, $12::uuid))
        ORDER BY started_at DESC, id DESC LIMIT $13
        """
    var tenantID: String
    var filter: CallFilter
    var position: CallListPosition?
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.filter.from)
        bindings.append(self.filter.to)
        bindings.append(self.filter.direction)
        bindings.append(self.filter.status)
        bindings.append(self.filter.userID)
        bindings.append(self.filter.extensionID)
        bindings.append(self.filter.number)
        bindings.append(self.filter.number.flatMap(normalizedE164))
        bindings.append(self.filter.callID?.rawValue)
        bindings.append(self.position?.startedAt)
        bindings.append(self.position?.id)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> StoredCall { try StoredCall(row: &row) }
}

struct FindCall: Statement {
    static let sql: StaticString = """
        SELECT id, version, seq, withdrawn, record_key, direction, status, call_id, sub_call_id, user_id, extension_id,
          extension_name, extension_type, client_number, client_number_e164, client_name, did, started_at, answered_at,
          ended_at, duration_us, recording_id, callback_id, transferred, internal, partial, flags, rule, rules_version
        FROM calls WHERE tenant_id = $1 AND id = $2 AND NOT withdrawn
        """
    var tenantID: String
    var id: UUID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.id)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> StoredCall { try StoredCall(row: &row) }
}
