import Postgres
import Telephony

/// Writes events: one statement and one commit a batch.
package struct EventStore: Sendable {
    private let pool: PostgresPool

    package init(database: Database) {
        self.pool = database.pool
    }

    /// Stores the events and marks their CallIDs due, durably when this returns.
    ///
    /// - Throws: ``StorageError``; when the connection broke during COMMIT the events may be there: a repetition is
    ///   harmless, since equal events are one.
    package func write(_ batch: EventBatch) async throws {
        do throws(PostgresError) {
            _ = try await self.pool.transact(Database.systemOptions, InsertEvents(batch: batch))
        } catch {
            throw StorageError(error, outcomeUnknown: error.isConnectionProblem)
        }
    }
}

extension SystemTransaction {
    /// Makes the partitions of today and the days after; returns how many were missing.
    package func ensureEventPartitions(daysAhead: Int) async throws -> Int {
        Int(try await self.postgres.first(EnsureEventPartitions(daysAhead: Int32(clamping: daysAhead))) ?? 0)
    }
}

extension SystemTransaction {
    /// Drops the oldest day of events that is wholly older than `retention`, which counts as a day at least. Returns the day
    /// (`2026-11-22`); nil when there was none to drop, or when somebody else is at the partitions.
    package func dropEventPartition(retention: Duration) async throws -> String? {
        try await self.postgres.first(DropEventPartition(retentionSeconds: retention / .seconds(1))) ?? nil
    }
}

struct InsertEvents: Statement {
    static let sql: StaticString = """
        WITH batch AS (
          SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::jsonb[], $5::bytea[], $6::text[], $7::text[])
            AS b (tenant_id, extension_id, call_id, fields, raw, quarantine, source)
          -- A server may not have noticed yet that a tenant is being removed.
          WHERE tenant_id IN (SELECT t.tenant_id FROM tenants t WHERE t.status <> 'removing')),
        stored AS (
          INSERT INTO events (tenant_id, extension_id, call_id, fields, raw, quarantine, source)
          SELECT tenant_id, extension_id, call_id, fields, raw, quarantine, source FROM batch),
        due AS (
          INSERT INTO assembly_due (tenant_id, call_id)
          SELECT DISTINCT tenant_id, call_id FROM batch WHERE call_id IS NOT NULL)
        SELECT pg_notify('ringbridge_assembly', '')::text
        """
    var batch: EventBatch

    func bind(_ bindings: inout Bindings) { self.batch.bind(&bindings) }
}

struct EnsureEventPartitions: Statement {
    static let sql: StaticString = "SELECT ensure_event_partitions($1)"
    var daysAhead: Int32

    func bind(_ bindings: inout Bindings) { bindings.append(self.daysAhead) }
    static func decode(_ row: inout Row) throws(PostgresError) -> Int32 { try row.next() }
}

struct DropEventPartition: Statement {
    static let sql: StaticString = "SELECT drop_event_partition(make_interval(secs => $1))::text"
    var retentionSeconds: Double

    func bind(_ bindings: inout Bindings) { bindings.append(self.retentionSeconds) }
    static func decode(_ row: inout Row) throws(PostgresError) -> String? { try row.nextOptional() }
}
