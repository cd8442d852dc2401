import Postgres
package import Telephony

extension LateEvent {
    /// The same event as bytes only, for one that the database refused.
    package func refusedByDatabase() -> LateEvent {
        var copy = self
        copy.callID = nil
        copy.raw = self.raw ?? self.fields
        copy.fields = nil
        copy.quarantine = QuarantineReason.refusedByDatabase.rawValue
        return copy
    }
}

/// Writes events that waited outside the database, each once however often it is written.
package struct LateEventStore: Sendable {
    private let pool: PostgresPool

    package init(database: Database) {
        self.pool = database.pool
    }

    /// Stores the events that are not there yet and marks their CallIDs due, durably when this returns. Events of tenants that
    /// are gone, or being removed, are left out.
    ///
    /// - Throws: ``StorageError``; a repetition changes nothing.
    package func write(_ events: some Sequence<LateEvent>) async throws {
        do throws(PostgresError) {
            _ = try await self.pool.transact(Database.systemOptions, InsertLateEvents(events: events))
        } catch {
            throw StorageError(error, outcomeUnknown: error.isConnectionProblem)
        }
    }
}

struct InsertLateEvents: Statement {
    static let sql: StaticString = """
        WITH batch AS (
          SELECT * FROM unnest($1::text[], $2::int8[], $3::text[], $4::jsonb[], $5::bytea[], $6::text[], $7::text[],
              $8::timestamptz[], $9::int8[])
            AS b (tenant_id, extension_id, call_id, fields, raw, quarantine, source, arrived_at, event_id)
          WHERE tenant_id IN (SELECT t.tenant_id FROM tenants t WHERE t.status <> 'removing')),
        stored AS (
          INSERT INTO events (tenant_id, extension_id, call_id, fields, raw, quarantine, source, arrived_at, event_id)
          SELECT tenant_id, extension_id, call_id, fields, raw, quarantine, source, arrived_at, event_id FROM batch
          ON CONFLICT (tenant_id, arrived_at, event_id) DO NOTHING),
        due AS (
          INSERT INTO assembly_due (tenant_id, call_id)
          SELECT DISTINCT tenant_id, call_id FROM batch WHERE call_id IS NOT NULL)
        SELECT pg_notify('ringbridge_assembly', '')::text
        """
    private var batch = EventBatch()
    private var arrivals = PostgresArrayBuilder(element: .timestamptz)
    private var eventIDs = PostgresArrayBuilder(element: .int8)

    init(events: some Sequence<LateEvent>) {
        for event in events {
            self.batch.append(event)
            self.arrivals.append(event.arrivedAt)
            self.eventIDs.append(event.eventID)
        }
    }

    func bind(_ bindings: inout Bindings) {
        self.batch.bind(&bindings)
        bindings.append(self.arrivals)
        bindings.append(self.eventIDs)
    }
}
