import FoundationEssentials
import Logging
import Postgres
import Telephony
import TestSupport
import Testing

@testable import Storage

/// Queue agents: listings, presence by events, and the rounds of the worker's to-do.
@Suite("Agents", .timeLimit(.minutes(5)))
struct AgentTests {
    struct StoredEvent: Statement {
        static let sql: StaticString = """
            SELECT arrived_at, fields->>'agent_status', quarantine FROM agent_events ORDER BY arrived_at, event_id
            """
        struct Output: Sendable {
            var arrivedAt: Timestamp
            var status: String?
            var quarantine: String?
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(arrivedAt: try row.next(), status: try row.nextOptional(), quarantine: try row.nextOptional())
        }
    }

    /// A tenant that wants agents' presence.
    struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope

        var database: Database { self.test.database }
        func owner(_ id: Int64) -> AgentTokenOwner {
            AgentTokenOwner(scope: self.scope, agentID: AgentID(rawValue: id))
        }

        func subscribe(_ agents: [(Int64, String?)]) async throws -> [Int64: EventToken] {
            try await TenantFixture.subscribe(
                agents,
                of: self.scope,
                in: self.database,
                keyRing: try TenantFixture.keyRing()
            )
        }
        func requestSync() async throws {
            try await self.database.system { transaction in
                _ = try await transaction.postgres.execute(RequestAgentSync(tenantID: self.scope.tenantID))
            }
        }
        func write(_ form: String, agent id: Int64 = 136) async throws {
            let event = ReceivedAgentEvent(query: "".utf8, body: form.utf8, agentID: AgentID(rawValue: id))
            try await AgentEventStore(database: self.database).write(event, owner: self.owner(id), source: nil)
        }
        func agents(after: Int64? = nil, limit: Int = 100) async throws -> [Agent] {
            try await self.database.tenant(self.scope) { transaction in
                try await transaction.agents(after: after.map(AgentID.init(rawValue:)), limit: limit)
            }
        }
        func events() async throws -> [StoredEvent.Output] {
            try await self.database.system { try await $0.postgres.execute(StoredEvent()) }
        }
        func sql(_ text: String) async throws {
            try await self.test.script(text)
        }
        func claim() async throws -> AgentClaim? {
            try await self.database.system { transaction in
                try await transaction.agentClaims.claim(claimID: UUID(), leaseSeconds: 60, limit: 10).first
            }
        }
    }

    static func with(_ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            let scope = try await TenantFixture.make(
                "807",
                in: test.database,
                settings: TenantSettings(agentPresence: true)
            )
            try await body(World(test: test, scope: scope))
        }
    }

    @Test("the status is the last event's; since is when it changed, and does not move when it is said again")
    func presence() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, "2566*101")])
            #expect(try await world.agents().map(\.status) == [nil])
            try await world.write("agent_status=available&agent_id=136")
            let first = try #require(try await world.events().last).arrivedAt
            #expect(try await world.agents().first?.status == .available)
            #expect(try await world.agents().first?.since == first)
            try await world.write("AGENT_STATUS=Available&Agent_ID=136")
            #expect(try await world.events().count == 2)
            #expect(try await world.agents().first?.since == first)
            try await world.write("agent_status=logged_out")
            let last = try #require(try await world.events().last).arrivedAt
            #expect(last > first)
            #expect(try await world.agents().first?.status == .loggedOut)
            #expect(try await world.agents().first?.since == last)
        }
    }

    @Test(
        "what is not understood is stored with its bytes and the reason, and says nothing about presence",
        arguments: [
            ("agent_id=136", "no_agent_status"), ("agent_status=away&agent_id=136", "no_agent_status"),
            ("agent_status=&agent_id=136", "no_agent_status"), ("agent_status=logged_out&agent_id=137", "other_agent"),
            ("agent_status=logged_out&agent_id=x", "other_agent"), ("agent_status=a%00b", "undecodable"),
        ]
    )
    func quarantine(form: String, reason: String) async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil), (137, nil)])
            try await world.write("agent_status=available")
            let before = try await world.agents()
            try await world.write(form)
            #expect(try await world.agents() == before)
            let event = try #require(try await world.events().last)
            #expect(event.quarantine == reason)
            #expect(event.status == nil)
        }
    }

    @Test("an event that arrived before the last one heard changes nothing, however late it is written")
    func lateWrite() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil)])
            try await world.write("agent_status=available")
            let before = try await world.agents()
            try await world.sql("UPDATE agents SET heard_at = now() + interval '1 minute'")
            try await world.write("agent_status=logged_out")
            #expect(try await world.agents() == before)
            #expect(try await world.events().count == 2)
        }
    }

    @Test("of events at once the last arrival wins")
    func concurrentEvents() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil)])
            try await withThrowingTaskGroup(of: Void.self) { senders in
                for number in 0..<60 {
                    senders.addTask {
                        try await world.write("agent_status=\(number % 3 == 0 ? "available" : "logged_out")")
                    }
                }
                try await senders.waitForAll()
            }
            let events = try await world.events()
            #expect(events.count == 60)
            let agent = try #require(try await world.agents().first)
            #expect(agent.status?.rawValue == events.last?.status)
            let since = try #require(agent.since)
            #expect(events.contains { $0.arrivedAt == since && $0.status == agent.status?.rawValue })
        }
    }

    @Test("an agent that the listing lacks is gone with its presence and its live token; back, it begins anew")
    func goneAgent() async throws {
        try await Self.with { world in
            let first = try await world.subscribe([(136, "2566*101"), (137, "2566*102")])
            try await world.write("agent_status=available")
            try await world.requestSync()
            _ = try await world.subscribe([(137, "2566*103")])
            #expect(try await world.agents().map(\.id.rawValue) == [137])
            #expect(try await world.agents().map(\.extensionName) == ["2566*103"])
            let retired = try await world.database.system { transaction in
                try await transaction.agentTokens.tokens(
                    of: world.scope,
                    agentID: AgentID(rawValue: 136),
                    keyRing: try TenantFixture.keyRing()
                )
            }
            #expect(retired.live == nil)
            #expect(retired.all == [try #require(first[136])])
            // Its last events are stored, and say nothing.
            try await world.write("agent_status=logged_out")
            try await world.requestSync()
            let again = try await world.subscribe([(136, "2566*101"), (137, "2566*103")])
            #expect(again[136] != nil)
            #expect(again[136] != first[136])
            #expect(again[137] == first[137])
            #expect(try await world.agents().map(\.status) == [nil, nil])
            let owners = try await world.database.system { try await $0.agentTokens.owners() }
            #expect(owners.count == 3)
            #expect(owners[SecretDigest(of: try #require(first[136]).text)] == world.owner(136))
        }
    }

    @Test("an agent without rows of ours has no presence, whatever comes on its token")
    func unsubscribed() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil)])
            try await world.write("agent_status=available")
            try await world.requestSync()
            let claim = try #require(try await world.claim())
            try await world.database.system { transaction in
                try await transaction.agentClaims.finish(AgentID(rawValue: 136), isSubscribed: false, claim: claim)
            }
            try await world.write("agent_status=logged_out")
            #expect(try await world.agents().map(\.status) == [nil])
        }
    }

    @Test("a list is in the order of ids and paged; a tenant that wants no presence has none")
    func list() async throws {
        try await Self.with { world in
            try await TenantFixture.list(of: world.scope, in: world.database)
            _ = try await TenantFixture.map([(85_218, "u1"), (96_850, "u2")], of: world.scope, in: world.database)
            _ = try await world.subscribe([
                (9, "2566*101"), (10, "2566*102"), (11, "2566*099"), (100, nil), (8, "2566*900"),
            ])
            #expect(try await world.agents().map(\.id.rawValue) == [8, 9, 10, 11, 100])
            // 102 is not mapped, 099 is no phone, 900 is not there.
            #expect(try await world.agents().map { $0.userID?.rawValue } == [nil, "u1", nil, nil, nil])
            #expect(try await world.agents(after: 9, limit: 2).map(\.id.rawValue) == [10, 11])
            try await world.sql("UPDATE tenants SET agent_presence = false")
            #expect(try await world.agents().isEmpty)
        }
    }

    @Test("a change of the tenant during a run makes the next round due at once, and ends nothing of the old one")
    func overtakenRun() async throws {
        try await Self.with { world in
            let claim = try #require(try await world.claim())
            #expect(try await world.claim() == nil)
            try await world.requestSync()
            try await world.database.system { transaction in
                #expect(try await transaction.agentClaims.renew(claim, leaseSeconds: 60) == false)
                var generator = SystemRandomNumberGenerator()
                let recorded = try await transaction.agentClaims.record(
                    [ListedAgent(id: AgentID(rawValue: 1), extensionName: nil)],
                    of: claim,
                    keyRing: try TenantFixture.keyRing(),
                    using: &generator
                )
                #expect(!recorded)
                try await transaction.agentClaims.finish(
                    claim,
                    problem: nil,
                    outcome: .settled(nextInSeconds: 3600)
                )
            }
            let next = try #require(try await world.claim())
            #expect(next.generation == claim.generation + 1)
            #expect(try await world.agents().isEmpty)
        }
    }

    @Test("a run that must wait goes on with the agents that are left, in the same round")
    func resumedRound() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil), (137, nil)])
            try await world.requestSync()
            let claim = try #require(try await world.claim())
            try await world.database.system { transaction in
                let due = try await transaction.agentClaims.due(claim, areWanted: true)
                #expect(due.map(\.id.rawValue) == [136, 137])
                try await transaction.agentClaims.finish(AgentID(rawValue: 136), isSubscribed: true, claim: claim)
                try await transaction.agentClaims.putOff(claim, seconds: 0)
            }
            let next = try #require(try await world.claim())
            #expect(next.generation == claim.generation)
            #expect(next.attempts == 1)
            let due = try await world.database.system { try await $0.agentClaims.due(next, areWanted: true) }
            #expect(due.map(\.id.rawValue) == [137])
        }
    }

    @Test("old events go, young ones stay")
    func retention() async throws {
        try await Self.with { world in
            _ = try await world.subscribe([(136, nil)])
            try await world.write("agent_status=available")
            try await world.sql("UPDATE agent_events SET arrived_at = now() - interval '31 days'")
            try await world.write("agent_status=logged_out")
            let removed = try await world.database.system { transaction in
                try await transaction.deleteAgentEvents(olderThanSeconds: 30 * 86_400)
            }
            #expect(removed == 1)
            #expect(try await world.events().map(\.status) == ["logged_out"])
        }
    }

    struct CRMAgents: Statement {
        static let sql: StaticString = "SELECT agent_id, status FROM crm.agents ORDER BY agent_id"
        struct Output: Sendable, Hashable {
            var id: AgentID
            var status: AgentStatus?
        }
        static func decode(_ row: inout Row) throws(PostgresError) -> Output {
            Output(id: try row.next(), status: try row.nextOptional())
        }
    }

    @Test("by SQL a connector sees the agents of its tenant and no token; another tenant's sees none")
    func connectorRoles() async throws {
        try await Self.with { world in
            let other = try await TenantFixture.make("808", in: world.database)
            _ = try await world.subscribe([(136, "2566*101"), (137, nil)])
            try await world.write("agent_status=available")
            let logger = Logger(label: "test")
            let owner = try await PostgresConnection.connect(world.test.owner, logger: logger)
            let store = ConnectorRoleStore(connection: owner)
            let suffix = UUID().uuidString.lowercased().prefix(8)
            var seen: [[CRMAgents.Output]] = []
            for scope in [world.scope, other] {
                let role = "bi_agents_\(scope.tenantID)_\(suffix)"
                try await store.create(roleName: role, password: "secret", for: scope.tenantID)
                let connection = try await PostgresConnection.connect(
                    try TestDatabase.configuration(database: world.test.name, role: role),
                    logger: logger
                )
                seen.append(try await connection.execute(CRMAgents()))
                for table in ["agent_tokens", "agent_events", "agent_syncs"] {
                    let error = await #expect(throws: PostgresError.self) {
                        try await connection.script("SELECT * FROM public.\(table)")
                    }
                    #expect(error?.sqlState == .insufficientPrivilege)
                }
                await connection.close()
                #expect(try await store.revoke(roleName: role, of: scope.tenantID))
            }
            await owner.close()
            #expect(
                seen == [
                    [
                        .init(id: AgentID(rawValue: 136), status: .available),
                        .init(id: AgentID(rawValue: 137), status: nil),
                    ], [],
                ]
            )
        }
    }
}
