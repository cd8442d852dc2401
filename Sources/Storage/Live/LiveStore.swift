import Postgres
package import Telephony

/// How far a reader of the live feed has come.
package struct LivePlace: Hashable, Sendable {
    /// What it has seen.
    package var seen: CommitSnapshot
    /// When it looked, by the database's clock.
    package var instant: Timestamp

    package init(seen: CommitSnapshot, instant: Timestamp) {
        self.seen = seen
        self.instant = instant
    }

    /// Events that commit so long after their arrival, or later, are passed over: their call is no news any more.
    static let lateness = Duration.seconds(10)
    /// A place that is older holds no longer.
    package static let life = Duration.seconds(60)

    /// The arrival after which events may be new to the reader.
    fileprivate var firstArrival: Timestamp { self.instant - Self.lateness }

    /// Whether a reader can go on from here at `now`; not from a place of a database that has since been restored either.
    fileprivate func holds(at now: Timestamp) -> Bool {
        self.instant <= now && now - self.instant <= Self.life
    }
}

/// What is new to a reader of the live feed.
package struct LivePage: Sendable {
    package var cards: [CardMessage]
    /// Whose presence has changed, each as it is now.
    package var agents: [Agent]
    /// Where it goes on.
    package var place: LivePlace
    /// Its place no longer held, or too much has happened since: it begins now, and does not know what it missed.
    package var isSkipped: Bool

    package var isEmpty: Bool { self.cards.isEmpty && self.agents.isEmpty && !self.isSkipped }
}

extension TenantTransaction {
    /// The tenant's live feed. Nothing is written for it: it is what a reader has not seen of the events. To be used in
    /// ``Database/snapshot(of:_:)``.
    package var live: LiveStore { LiveStore(transaction: self) }
}

/// Reads the live feed of one tenant.
package struct LiveStore: Sendable {
    /// More events than this are never looked at at once.
    private static let maximumEvents = 2_000

    let transaction: TenantTransaction

    /// What became visible since `place`; nil: begins now.
    package func page(after place: LivePlace?) async throws -> LivePage {
        let now = try await self.transaction.postgres.livePlace()
        var page = LivePage(cards: [], agents: [], place: now, isSkipped: false)
        guard let place else { return page }
        guard place.holds(at: now.instant) else {
            page.isSkipped = true
            return page
        }
        async let changes = self.transaction.postgres.execute(
            ListPresenceChanges(tenantID: self.transaction.tenantID, place: place)
        )
        let calls = try await self.transaction.postgres.execute(
            ListFreshCalls(
                tenantID: self.transaction.tenantID,
                place: place,
                limit: Int32(clamping: Self.maximumEvents + 1)
            )
        )
        page.agents = try await changes
        guard calls.count <= Self.maximumEvents else {
            return LivePage(cards: [], agents: [], place: now, isSkipped: true)
        }
        if !calls.isEmpty {
            page.cards = try await self.cards(of: Array(Set(calls)), after: place)
        }
        return page
    }

    private func cards(of calls: [CallID], after place: LivePlace) async throws -> [CardMessage] {
        let tenants = [self.transaction.tenantID]
        let postgres = self.transaction.postgres
        async let settingRows = postgres.execute(LoadSettings(tenants: tenants))
        async let extensionRows = postgres.execute(LoadDirectories(tenants: tenants))
        let events = try await postgres.execute(
            ListLiveEvents(tenantID: self.transaction.tenantID, calls: calls, place: place)
        )
        let scope = self.transaction.scope
        let extensions = Set(events.map { ExtensionOfTenant(scope: scope, id: $0.event.extensionID) })
        let history = try await postgres.execute(LoadHistory(extensions: Array(extensions)))
        let settings = try await settingRows.first?.settings ?? TenantSettings()
        return cardMessages(
            of: events,
            directory: ExtensionDirectory(try await extensionRows.map(\.ref)),
            history: history.map(\.period),
            externalOnly: settings.externalOnly
        )
    }
}

extension PostgresTransaction {
    /// What is committed now.
    fileprivate func livePlace() async throws -> LivePlace {
        guard let place = try await self.first(ReadLivePlace()) else {
            throw PostgresError(.protocolViolation, message: "the database did not say what it has committed")
        }
        return place
    }
}

extension SystemTransaction {
    /// Which of the tenants have events that became visible since `place`; all of them when it no longer holds. And from
    /// where to ask next.
    package func liveNews(
        of tenants: Set<TenantID>,
        since place: LivePlace?
    ) async throws -> (tenants: Set<TenantID>, place: LivePlace) {
        let now = try await self.postgres.livePlace()
        guard let place, place.holds(at: now.instant) else { return (tenants, now) }
        // The place was read before: what commits between the two is found twice rather than not at all.
        let found = try await self.postgres.execute(
            FindLiveNews(tenants: tenants.map(\.rawValue).sorted(), place: place)
        )
        return (Set(found), now)
    }
}

extension Bindings {
    fileprivate mutating func append(_ place: LivePlace) {
        self.append(place.firstArrival)
        self.append(place.seen.text)
    }
}

struct ReadLivePlace: Statement {
    static let sql: StaticString = "SELECT pg_current_snapshot()::text, clock_timestamp()"

    static func decode(_ row: inout Row) throws(PostgresError) -> LivePlace {
        LivePlace(seen: CommitSnapshot(written: try row.next()), instant: try row.next())
    }
}

/// The CallID of each new event. The bound above is for the partitions of later days, which need not be looked at.
struct ListFreshCalls: Statement {
    static let sql: StaticString = """
        SELECT call_id FROM events
        WHERE tenant_id = $1 AND arrived_at > $2 AND arrived_at < now() + interval '1 minute' AND call_id IS NOT NULL
          AND committed_since(xmin, $3::text::pg_snapshot)
        LIMIT $4
        """
    var tenantID: String
    var place: LivePlace
    var limit: Int32

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.place)
        bindings.append(self.limit)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> CallID {
        CallID(rawValue: try row.next(String.self))
    }
}

/// All events of the calls, of the last day: no leg that began earlier has a card. The day is counted from now, which the
/// planner knows to be many events, and not from a parameter, of which it would expect few and choose the index on arrivals.
struct ListLiveEvents: Statement {
    static let sql: StaticString = """
        SELECT event_id, extension_id, arrived_at, fields, committed_since(xmin, $2::text::pg_snapshot) FROM events
        WHERE tenant_id = $1 AND call_id = ANY ($3) AND arrived_at > now() - interval '1 day'
          AND arrived_at < now() + interval '1 minute' AND fields IS NOT NULL AND quarantine IS NULL
        """
    var tenantID: String
    var calls: [CallID]
    var place: LivePlace

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.place.seen.text)
        bindings.append(self.calls.map(\.rawValue))
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> LiveEvent {
        let id: Int64 = try row.next()
        let extensionID: ExtensionID = try row.next()
        let arrivedAt: Timestamp = try row.next()
        let fields = EventFields(jsonObject: try row.next(PostgresJSON.self).bytes) ?? EventFields([])
        return LiveEvent(
            id: id,
            event: CallEvent(extensionID: extensionID, arrivedAt: arrivedAt, fields: fields),
            isNew: try row.next()
        )
    }
}

/// The agents whose status is what a new event of theirs made it: one that said nothing new left `since` alone.
struct ListPresenceChanges: Statement {
    static let sql: StaticString = """
        SELECT a.agent_id, a.extension_name,
          (SELECT m.user_id FROM extensions x
            JOIN mappings m ON m.tenant_id = x.tenant_id AND m.extension_id = x.extension_id AND m.valid_until IS NULL
            WHERE x.tenant_id = a.tenant_id AND x.name = a.extension_name AND x.type = 'phone' AND x.gone_at IS NULL
            ORDER BY x.extension_id LIMIT 1),
          a.status, a.since
        FROM agent_events e
        JOIN agents a ON a.tenant_id = e.tenant_id AND a.agent_id = e.agent_id AND a.since = e.arrived_at
        JOIN tenants t ON t.tenant_id = a.tenant_id AND t.agent_presence
        WHERE e.tenant_id = $1 AND e.arrived_at > $2 AND a.gone_at IS NULL
          AND committed_since(e.xmin, $3::text::pg_snapshot)
        ORDER BY a.since, a.agent_id
        """
    var tenantID: String
    var place: LivePlace

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenantID)
        bindings.append(self.place)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> Agent { try Agent(row: &row) }
}

/// Tenant by tenant, each by the index on its events.
struct FindLiveNews: Statement {
    static let sql: StaticString = """
        SELECT t.tenant_id
        FROM unnest($1::text[]) AS t (tenant_id)
        CROSS JOIN LATERAL (
          SELECT FROM events e
          WHERE e.tenant_id = t.tenant_id AND e.arrived_at > $2 AND e.arrived_at < now() + interval '1 minute'
            AND committed_since(e.xmin, $3::text::pg_snapshot)
          UNION ALL
          SELECT FROM agent_events e
          WHERE e.tenant_id = t.tenant_id AND e.arrived_at > $2 AND committed_since(e.xmin, $3::text::pg_snapshot)
          LIMIT 1) AS news
        """
    var tenants: [String]
    var place: LivePlace

    func bind(_ bindings: inout Bindings) {
        bindings.append(self.tenants)
        bindings.append(self.place)
    }
    static func decode(_ row: inout Row) throws(PostgresError) -> TenantID { try row.next() }
}
