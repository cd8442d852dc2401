import Postgres
package import Telephony

/// An event that waited outside the database, as its row there will be.
package struct LateEvent: Hashable, Sendable {
    /// Given where it waited, so that a repeated write finds the row.
    package var eventID: Int64
    package var tenantID: TenantID
    package var extensionID: ExtensionID
    package var arrivedAt: Timestamp
    /// Nil for one in quarantine.
    package var callID: CallID?
    /// A JSON object.
    package var fields: [UInt8]?
    package var raw: [UInt8]?
    /// The reason.
    package var quarantine: String?
    /// The address that sent it.
    package var source: String?

    package init(
        eventID: Int64,
        tenantID: TenantID,
        extensionID: ExtensionID,
        arrivedAt: Timestamp,
        callID: CallID?,
        fields: [UInt8]?,
        raw: [UInt8]?,
        quarantine: String?,
        source: String?
    ) {
        self.eventID = eventID
        self.tenantID = tenantID
        self.extensionID = extensionID
        self.arrivedAt = arrivedAt
        self.callID = callID
        self.fields = fields
        self.raw = raw
        self.quarantine = quarantine
        self.source = source
    }

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
          SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int8[], $4::int8[], $5::text[], $6::jsonb[], $7::bytea[],
              $8::text[], $9::text[])
            AS b (tenant_id, arrived_at, event_id, extension_id, call_id, fields, raw, quarantine, source)
          WHERE tenant_id IN (SELECT t.tenant_id FROM tenants t WHERE t.status <> 'removing')),
        stored AS (
          INSERT INTO events (tenant_id, arrived_at, event_id, extension_id, call_id, fields, raw, quarantine, source)
          SELECT tenant_id, arrived_at, event_id, extension_id, call_id, fields, raw, quarantine, source FROM batch
          ON CONFLICT (tenant_id, arrived_at, event_id) DO NOTHING),
        due AS (
          INSERT INTO assembly_due (tenant_id, call_id)
          SELECT DISTINCT tenant_id, call_id FROM batch WHERE call_id IS NOT NULL)
        SELECT pg_notify('ringbridge_assembly', '')::text
        """
    private var tenantIDs = PostgresArrayBuilder(element: .text)
    private var arrivals = PostgresArrayBuilder(element: .timestamptz)
    private var eventIDs = PostgresArrayBuilder(element: .int8)
    private var extensionIDs = PostgresArrayBuilder(element: .int8)
    private var callIDs = PostgresArrayBuilder(element: .text)
    private var fields = PostgresArrayBuilder(element: .jsonb)
    private var raws = PostgresArrayBuilder(element: .bytea)
    private var quarantines = PostgresArrayBuilder(element: .text)
    private var sources = PostgresArrayBuilder(element: .text)

    init(events: some Sequence<LateEvent>) {
        for event in events {
            self.tenantIDs.append(event.tenantID.rawValue)
            self.arrivals.append(event.arrivedAt)
            self.eventIDs.append(event.eventID)
            self.extensionIDs.append(event.extensionID.rawValue)
            self.callIDs.append(event.callID?.rawValue)
            self.fields.append(event.fields.map { PostgresJSON(bytes: $0) })
            self.raws.append(event.raw)
            self.quarantines.append(event.quarantine)
            self.sources.append(event.source)
        }
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantIDs)
        bindings.append(self.arrivals)
        bindings.append(self.eventIDs)
        bindings.append(self.extensionIDs)
        bindings.append(self.callIDs)
        bindings.append(self.fields)
        bindings.append(self.raws)
        bindings.append(self.quarantines)
        bindings.append(self.sources)
    }
}
