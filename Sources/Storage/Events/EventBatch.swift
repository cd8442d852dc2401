import Postgres
import Telephony

/// Events on their way into the table, as the columns of one multi-row write.
///
/// Values are appended in PostgreSQL's binary array form right away: no array of structs, no copy of a payload.
package struct EventBatch: Sendable {
    private var tenantIDs = PostgresArrayBuilder(element: .text)
    private var extensionIDs = PostgresArrayBuilder(element: .int8)
    private var callIDs = PostgresArrayBuilder(element: .text)
    private var fields = PostgresArrayBuilder(element: .jsonb)
    private var raws = PostgresArrayBuilder(element: .bytea)
    private var quarantines = PostgresArrayBuilder(element: .text)
    private var sources = PostgresArrayBuilder(element: .text)

    /// Number of events.
    package var count: Int { self.tenantIDs.count }

    package init() {}

    /// Appends an event.
    ///
    /// `source`: the address that sent it, as text.
    package mutating func append(_ event: ReceivedEvent, owner: EventTokenOwner, source: String?) {
        self.tenantIDs.append(owner.scope.tenantID.rawValue)
        self.extensionIDs.append(owner.extensionID.rawValue)
        self.sources.append(source)
        switch event {
        case .understood(let callID, let fields):
            self.callIDs.append(callID.rawValue)
            self.fields.append(PostgresJSON(bytes: fields.jsonObject()))
            self.raws.appendNull()
            self.quarantines.appendNull()
        case .quarantined(let fields, let raw, let reason):
            self.callIDs.appendNull()
            self.fields.append(fields.map { PostgresJSON(bytes: $0.jsonObject()) })
            self.raws.append(raw)
            self.quarantines.append(reason.rawValue)
        }
    }

    /// Appends an event that waited outside the database; the place of its arrival and of its id is elsewhere.
    mutating func append(_ event: LateEvent) {
        self.tenantIDs.append(event.tenantID.rawValue)
        self.extensionIDs.append(event.extensionID.rawValue)
        self.callIDs.append(event.callID?.rawValue)
        self.fields.append(event.fields.map { PostgresJSON(bytes: $0) })
        self.raws.append(event.raw)
        self.quarantines.append(event.quarantine)
        self.sources.append(event.source)
    }

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantIDs)
        bindings.append(self.extensionIDs)
        bindings.append(self.callIDs)
        bindings.append(self.fields)
        bindings.append(self.raws)
        bindings.append(self.quarantines)
        bindings.append(self.sources)
    }
}
