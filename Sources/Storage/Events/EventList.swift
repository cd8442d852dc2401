import Postgres
package import Telephony

/// Which events are listed; nil is any.
package struct EventFilter: Hashable, Sendable {
    package var callID: CallID?
    package var extensionID: ExtensionID?
    /// Arrived at or after.
    package var since: Timestamp?

    package init(callID: CallID? = nil, extensionID: ExtensionID? = nil, since: Timestamp? = nil) {
        self.callID = callID
        self.extensionID = extensionID
        self.since = since
    }
}

/// A page of events, in the order of their arrival.
package struct EventPage: Sendable {
    package var events: [Explanation.Event]
    /// Where the list goes on; nil at its end.
    package var next: LogPosition?
}

extension TenantTransaction {
    /// A page of the tenant's events as they arrived, the oldest first, after `position`.
    ///
    /// Events have no index by extension, which every event would have to pay for: of the events that follow, at most
    /// `examined` are looked at for an extension's. Such a page may hold fewer events than `limit`, and none, and still have a
    /// next.
    package func events(
        _ filter: EventFilter,
        after position: LogPosition?,
        limit: Int,
        examined: Int = 20_000
    ) async throws -> EventPage {
        var end: LogPosition?
        let found: [Explanation.Event]
        if filter.callID != nil {
            found = try await self.postgres.execute(
                ListEventsOfCall(tenantID: self.tenantID, filter: filter, position: position, limit: limit + 1)
            )
        } else {
            if filter.extensionID != nil {
                end = try await self.postgres.first(
                    FindEventPosition(tenantID: self.tenantID, filter: filter, position: position, distance: examined)
                )
            }
            found = try await self.postgres.execute(
                ListEvents(tenantID: self.tenantID, filter: filter, position: position, end: end, limit: limit + 1)
            )
        }
        let page = Array(found.prefix(limit))
        return EventPage(events: page, next: found.count > limit ? page.last?.position : end)
    }
}

extension Explanation.Event {
    fileprivate var position: LogPosition { LogPosition(at: self.arrivedAt, id: self.id) }
}

/// By the index of CallIDs: a call's events are few.
struct ListEventsOfCall: Statement {
    static let sql: StaticString = """
        SELECT event_id, arrived_at, extension_id, call_id, fields, quarantine, raw FROM events
        WHERE tenant_id = $1 AND call_id = $2 AND ($3::int8 IS NULL OR extension_id = $3)
          AND arrived_at >= coalesce($4::timestamptz, '-infinity')
          AND (arrived_at, event_id) > (coalesce($5::timestamptz, '-infinity'), coalesce($6::int8, 0))
        ORDER BY arrived_at, event_id LIMIT $7
        """
    var tenantID: String
    var filter: EventFilter
    var position: LogPosition?
    var limit: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.filter.callID?.rawValue)
        bindings.append(self.filter.extensionID)
        bindings.append(self.filter.since)
        bindings.append(self.position?.at)
        bindings.append(self.position?.id)
        bindings.append(Int32(clamping: self.limit))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Explanation.Event {
        try Explanation.Event(row: &row)
    }
}

/// Along the primary key. The plain bounds on arrived_at leave out whole days.
struct ListEvents: Statement {
    static let sql: StaticString = """
        SELECT event_id, arrived_at, extension_id, call_id, fields, quarantine, raw FROM events
        WHERE tenant_id = $1 AND ($2::int8 IS NULL OR extension_id = $2)
          AND arrived_at >= greatest($3::timestamptz, $4::timestamptz, '-infinity')
          AND (arrived_at, event_id) > (coalesce($4::timestamptz, '-infinity'), coalesce($5::int8, 0))
          AND arrived_at <= coalesce($6::timestamptz, 'infinity')
          AND (arrived_at, event_id) <= (coalesce($6::timestamptz, 'infinity'), coalesce($7::int8, 0))
        ORDER BY arrived_at, event_id LIMIT $8
        """
    var tenantID: String
    var filter: EventFilter
    var position: LogPosition?
    var end: LogPosition?
    var limit: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.filter.extensionID)
        bindings.append(self.filter.since)
        bindings.append(self.position?.at)
        bindings.append(self.position?.id)
        bindings.append(self.end?.at)
        bindings.append(self.end?.id)
        bindings.append(Int32(clamping: self.limit))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Explanation.Event {
        try Explanation.Event(row: &row)
    }
}

/// Where so many events have been passed; no row when there are not so many.
struct FindEventPosition: Statement {
    static let sql: StaticString = """
        SELECT arrived_at, event_id FROM events
        WHERE tenant_id = $1 AND arrived_at >= greatest($2::timestamptz, $3::timestamptz, '-infinity')
          AND (arrived_at, event_id) > (coalesce($3::timestamptz, '-infinity'), coalesce($4::int8, 0))
        ORDER BY arrived_at, event_id OFFSET $5 LIMIT 1
        """
    var tenantID: String
    var filter: EventFilter
    var position: LogPosition?
    var distance: Int

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.filter.since)
        bindings.append(self.position?.at)
        bindings.append(self.position?.id)
        bindings.append(Int64(max(0, self.distance - 1)))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> LogPosition {
        LogPosition(at: try row.next(), id: try row.next())
    }
}
