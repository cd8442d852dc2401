package import FoundationEssentials
import Postgres
package import Telephony

extension TenantTransaction {
    /// Explains the CallID as it is at the database's instant, by the way that makes the records; nil when nothing is known
    /// of it. `defaults`: for what the tenant leaves to the server.
    package func explain(_ callID: CallID, _ defaults: AssemblyDefaults) async throws -> Explanation? {
        let key = CallKey(scope: self.scope, callID: callID)
        let now = try await self.postgres.first(ReadClock()) ?? Timestamp(microseconds: 0)
        let events = try await self.postgres.execute(ListCallEvents(tenantID: self.tenantID, callID: callID))
        let claim = AssemblyClaim(keys: [key], now: now)
        let material = try await AssemblyStore(postgres: self.postgres).load(claim).first
        var stored = material?.stored ?? []
        if material == nil {
            stored = try await self.postgres.execute(LoadStoredCalls(keys: [key])).map(\.call)
        }
        guard !events.isEmpty || !stored.isEmpty else { return nil }
        return Explanation(
            callID: callID,
            events: ordered(events),
            stored: stored.sorted { ($0.record.startedAt, $0.record.key) < ($1.record.startedAt, $1.record.key) },
            assembly: material.map { ($0.assembly(defaults, now: now), $0.directory) },
            horizon: material?.horizon(defaults, now: now)
        )
    }

    /// Explains the call of an event; of an event without a CallID the event alone. Nil when there is no such event.
    package func explain(event id: Int64, _ defaults: AssemblyDefaults) async throws -> Explanation? {
        guard let found = try await self.postgres.first(FindEvent(tenantID: self.tenantID, id: id)) else { return nil }
        if let callID = found.callID {
            return try await self.explain(callID, defaults)
        }
        return Explanation(callID: nil, events: [found], legs: [], calls: [], withdrawn: [], nextLookAt: nil)
    }

    /// The CallID of a record, live or withdrawn.
    package func callID(ofCall id: UUID) async throws -> CallID? {
        try await self.postgres.first(FindCallID(tenantID: self.tenantID, id: id))
    }
}

/// In the order of their time, then of their arrival; repetitions, which have the same extension and fields, are one.
private func ordered(_ events: [Explanation.Event]) -> [Explanation.Event] {
    struct Identity: Hashable {
        var extensionID: ExtensionID
        var fields: EventFields
    }
    var distinct: [Explanation.Event] = []
    var places: [Identity: Int] = [:]
    for event in events.sorted(by: { ($0.arrivedAt, $0.id) < ($1.arrivedAt, $1.id) }) {
        guard event.quarantine == nil, let fields = event.fields else {
            distinct.append(event)
            continue
        }
        let identity = Identity(extensionID: event.extensionID, fields: fields)
        if let place = places[identity] {
            distinct[place].repeats += 1
        } else {
            places[identity] = distinct.count
            distinct.append(event)
        }
    }
    return distinct.map { (time: $0.understood.eventTime, event: $0) }
        .sorted { ($0.time, $0.event.arrivedAt, $0.event.id) < ($1.time, $1.event.arrivedAt, $1.event.id) }
        .map(\.event)
}

struct ListCallEvents: Statement {
    static let sql: StaticString = """
        SELECT event_id, arrived_at, extension_id, call_id, fields, quarantine, raw FROM events
        WHERE tenant_id = $1 AND call_id = $2
        """
    var tenantID: String
    var callID: CallID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.callID.rawValue)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Explanation.Event {
        try Explanation.Event(row: &row)
    }
}

struct FindEvent: Statement {
    static let sql: StaticString = """
        SELECT event_id, arrived_at, extension_id, call_id, fields, quarantine, raw FROM events
        WHERE tenant_id = $1 AND event_id = $2
        """
    var tenantID: String
    var id: Int64

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.id)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Explanation.Event {
        try Explanation.Event(row: &row)
    }
}

struct FindCallID: Statement {
    static let sql: StaticString = "SELECT call_id FROM calls WHERE tenant_id = $1 AND id = $2"
    var tenantID: String
    var id: UUID

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.id)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallID {
        CallID(rawValue: try row.next(String.self))
    }
}

extension Explanation.Event {
    init(row: inout Row) throws(PostgresError) {
        self.id = try row.next()
        self.arrivedAt = try row.next()
        self.extensionID = try row.next()
        self.callID = try row.nextOptional(String.self).map(CallID.init(rawValue:))
        self.fields = try row.nextOptional(PostgresJSON.self).flatMap { EventFields(jsonObject: $0.bytes) }
        self.repeats = 0
        let reason: QuarantineReason? = try row.nextOptional()
        let raw: [UInt8]? = try row.nextOptional()
        self.quarantine = reason.map { Explanation.Quarantine(reason: $0, raw: raw.map(RawExcerpt.init)) }
    }
}

extension QuarantineReason: PostgresDecodable {}
