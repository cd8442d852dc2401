import FoundationEssentials
import Logging
import Postgres
import RingmeAPI
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// Queue agents against the simulated PBX, which has the agents 136 and 137: what counts is the PBX's state afterwards.
@Suite("Agent reconciler", .timeLimit(.minutes(5)))
struct AgentReconcilerTests {
    static let logger = Logger(label: "test")
    static let publicURL = "http://127.0.0.1:9"

    /// A tenant that wants agents' presence on a simulated PBX, and the part that subscribes.
    struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope
        let fixture: PBXFixture
        let reconciler: AgentReconciler

        var database: Database { self.test.database }
        var pbx: SimulatedPBX { self.fixture.pbx }

        /// Puts the tenant again; gives it a round.
        func put(agentPresence: Bool = true, appSecret: String = "secret") async throws {
            _ = try await TenantFixture.make(
                "807",
                in: self.database,
                pbxURL: self.fixture.url,
                appSecret: appSecret,
                settings: TenantSettings(agentPresence: agentPresence)
            )
        }
        func suspend() async throws {
            try await self.sql("UPDATE tenants SET status = 'suspended'; UPDATE agent_syncs SET due_at = now()")
        }
        /// Makes what was put off or is to be looked at hours later due now.
        func makeDue() async throws {
            try await self.sql("UPDATE agent_syncs SET due_at = now() WHERE due_at IS NOT NULL")
        }
        func reconcile() async throws { while try await self.reconciler.reconcileDue() > 0 {} }
        func types(of agentID: Int) -> [String] { self.pbx.agentEvents(of: agentID).map(\.eventType).sorted() }
        func agents() async throws -> [Agent] {
            try await self.database.tenant(self.scope) { try await $0.agents(after: nil, limit: 100) }
        }
        func problems() async throws -> [OpenedProblem] {
            try await self.database.tenant(self.scope) { try await $0.problems() }
        }
        /// An event of the agent, as its URL would bring it.
        func hear(_ status: String, from agentID: Int64) async throws {
            let owners = try await self.database.system { try await $0.agentTokens.owners() }
            let owner = try #require(owners.values.first { $0.agentID.rawValue == agentID })
            try await AgentEventStore(database: self.database).write(
                ReceivedAgentEvent(query: "".utf8, body: "agent_status=\(status)".utf8, agentID: owner.agentID),
                owner: owner,
                source: nil
            )
        }
        func liveTokens() async throws -> Int64? {
            try await self.superuser { try await $0.execute(CountLiveTokens()).first }
        }
        func agentsBySQL() async throws -> Int64? {
            try await self.superuser { try await $0.execute(CountCRMAgents()).first }
        }
        func sql(_ text: String) async throws {
            try await self.superuser { try await $0.script(text) }
        }
        private func superuser<Value: Sendable>(
            _ body: (PostgresConnection) async throws -> Value
        ) async throws -> Value {
            let connection = try await PostgresConnection.connect(self.test.superuser, logger: Logger(label: "sql"))
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(connection))
            } catch {
                result = .failure(error)
            }
            await connection.close()
            return try result.get()
        }
    }

    struct CountLiveTokens: Statement {
        static let sql: StaticString = "SELECT count(*) FROM agent_tokens WHERE retired_at IS NULL"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }

    struct CountCRMAgents: Statement {
        static let sql: StaticString = "SELECT count(*) FROM crm.agents"
        static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
    }

    static func with(_ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            try await PBXFixture.with { pbx in
                let http = PBXHTTPClient()
                let result: Result<Void, any Error>
                do {
                    let scope = try await TenantFixture.make(
                        "807",
                        in: test.database,
                        pbxURL: pbx.url,
                        settings: TenantSettings(agentPresence: true)
                    )
                    try await body(
                        World(
                            test: test,
                            scope: scope,
                            fixture: pbx,
                            reconciler: try Self.reconciler(test, pbx: pbx, http: http)
                        )
                    )
                    result = .success(())
                } catch {
                    result = .failure(error)
                }
                try await http.shutdown()
                try result.get()
            }
        }
    }

    static func reconciler(
        _ test: TestDatabase,
        pbx: PBXFixture,
        http: PBXHTTPClient,
        publicURL: String = Self.publicURL
    ) throws -> AgentReconciler {
        let keyRing = try TenantFixture.keyRing()
        return AgentReconciler(
            database: test.database,
            listener: PostgresListener(configuration: test.server, logger: Self.logger),
            gateway: PBXGateway(
                http: http,
                defaultURL: pbx.url,
                database: test.database,
                keyRing: keyRing,
                logger: Self.logger
            ),
            keyRing: keyRing,
            publicURL: publicURL,
            driftCheckInterval: .seconds(21_600),
            logger: Self.logger
        )
    }

    @Test("each agent of a tenant that wants presence gets login and logout by POST, at a URL of its own")
    func subscribed() async throws {
        try await Self.with { world in
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(world.types(of: 137) == ["agent-login", "agent-logout"])
            let rows = world.pbx.agentEvents(of: 136) + world.pbx.agentEvents(of: 137)
            #expect(rows.allSatisfy { $0.method == "POST" && $0.url.hasPrefix(Self.publicURL + "/agent-event/") })
            #expect(Set(rows.map(\.url)).count == 2)
            #expect(try await world.agents().map(\.id.rawValue) == [136, 137])
            #expect(try await world.agents().map(\.extensionName) == ["2566*101", "2566*102"])
            #expect(try await world.problems().isEmpty)
            #expect(world.pbx.violations == [])
            #expect(world.pbx.allEvents.isEmpty)
        }
    }

    @Test("a second round costs one request for the list and one an agent, writes nothing and keeps the presence")
    func secondRound() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.hear("available", from: 136)
            let before = try await world.agents()
            #expect(try await world.reconciler.reconcileDue() == 0)
            world.pbx.clearRequestLog()
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.pbx.requestLog.filter(\.isWrite).isEmpty)
            #expect(world.pbx.requestLog.map(\.resource) == [.agents, .agentEvents, .agentEvents])
            #expect(try await world.agents() == before)
        }
    }

    @Test("rows of others are never touched, also on our host; our own that somebody deleted come back")
    func foreignRows() async throws {
        try await Self.with { world in
            let foreign = try world.pbx.addForeignAgentEvent(agentID: 136, url: "https://crm.example.com/hook")
            let lookalike = try world.pbx.addForeignAgentEvent(
                agentID: 136,
                url: Self.publicURL + "/agent-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
            )
            try await world.reconcile()
            #expect(world.pbx.agentEvents(of: 136).count == 4)
            try await world.hear("available", from: 136)
            let logout = try #require(world.pbx.agentEvents(of: 136).last { $0.eventType == "agent-logout" })
            try world.pbx.removeEvent(logout.id)
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.pbx.agentEvents(of: 136).count == 4)
            // A logout may have gone unheard while the row was missing.
            #expect(try await world.agents().map(\.status) == [nil, nil])
            try await world.put(agentPresence: false)
            try await world.reconcile()
            #expect(world.pbx.agentEvents(of: 136) == [foreign, lookalike])
            #expect(world.pbx.agentEvents(of: 137).isEmpty)
            #expect(world.pbx.violations == [])
        }
    }

    @Test("R15: at another public URL the rows are changed in place, and the presence stays")
    func movedPublicURL() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.hear("available", from: 136)
            let before = try await world.agents()
            let ids = world.pbx.agentEvents(of: 136).map(\.id)
            let http = PBXHTTPClient()
            let moved = try Self.reconciler(
                world.test,
                pbx: world.fixture,
                http: http,
                publicURL: "https://new.example/base/"
            )
            try await world.makeDue()
            let result: Result<Int, any Error>
            do {
                result = .success(try await moved.reconcileDue())
            } catch {
                result = .failure(error)
            }
            try await http.shutdown()
            #expect(try result.get() == 1)
            #expect(world.pbx.agentEvents(of: 136).map(\.id) == ids)
            #expect(
                world.pbx.agentEvents(of: 136).allSatisfy {
                    $0.url.hasPrefix("https://new.example/base/agent-event/")
                }
            )
            #expect(try await world.agents() == before)
        }
    }

    @Test("switched off: our rows go, nobody is listed; switched on again, all comes back without presence")
    func switchedOff() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.hear("available", from: 136)
            try await world.put(agentPresence: false)
            #expect(try await world.agents().isEmpty)
            try await world.reconcile()
            #expect(world.types(of: 136) == [])
            #expect(world.types(of: 137) == [])
            #expect(try await world.liveTokens() == 0)
            #expect(try await world.agentsBySQL() == 0)
            world.pbx.clearRequestLog()
            try await world.makeDue()
            #expect(try await world.reconciler.reconcileDue() == 0)
            #expect(world.pbx.requestLog.isEmpty)
            try await world.put()
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(try await world.agents().map(\.status) == [nil, nil])
            #expect(world.pbx.violations == [])
        }
    }

    @Test("R9: switched off while the PBX is down stays to be done until the PBX confirms it")
    func switchedOffWhileDown() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.put(agentPresence: false)
            _ = world.pbx.addFault(Fault(Fault.internalError, method: "DELETE", resource: .agentEvent, times: nil))
            try await world.reconcile()
            #expect(world.types(of: 136).count + world.types(of: 137).count == 4)
            world.pbx.clearFaults()
            #expect(try await world.reconciler.reconcileDue() == 0)
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.types(of: 136).count + world.types(of: 137).count == 0)
            #expect(world.pbx.violations == [])
        }
    }

    @Test("R9: a tenant that is being removed is erased only when its agents have no row of ours any more")
    func removed() async throws {
        try await Self.with { world in
            try await world.reconcile()
            let id = world.scope.tenantID
            _ = try await world.database.system { try await $0.removals.begin(id) }
            let progress = try await world.database.system { try await $0.removals.progress(of: id) }
            #expect(progress.agents == [136, 137])
            let early = try await world.database.system { try await $0.removals.erasable() }
            #expect(early.isEmpty)
            try await world.reconcile()
            #expect(world.types(of: 136).count + world.types(of: 137).count == 0)
            let late = try await world.database.system { try await $0.removals.erasable() }
            #expect(late == [id])
        }
    }

    @Test("suspended: our rows go and presence with them, the agents stay listed; active again, all is restored")
    func suspended() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.hear("available", from: 136)
            try await world.suspend()
            try await world.reconcile()
            #expect(world.types(of: 136).count + world.types(of: 137).count == 0)
            #expect(try await world.agents().map(\.id.rawValue) == [136, 137])
            #expect(try await world.agents().map(\.status) == [nil, nil])
            try await world.put()
            try await world.reconcile()
            #expect(world.types(of: 136).count + world.types(of: 137).count == 4)
        }
    }

    @Test("an agent that is gone from the PBX is gone from the list; 404 is done, and 404 for the list is no agents")
    func goneAgents() async throws {
        try await Self.with { world in
            try await world.reconcile()
            try await world.hear("available", from: 136)
            try world.pbx.removeAgent(136)
            try await world.makeDue()
            try await world.reconcile()
            #expect(try await world.agents().map(\.id.rawValue) == [137])
            world.pbx.clearRequestLog()
            try world.pbx.removeAgent(137)
            try await world.makeDue()
            try await world.reconcile()
            #expect(try await world.agents().isEmpty)
            // 136 was done before: only the list, and the agent that has just gone.
            #expect(world.pbx.requestLog.map(\.status) == [404, 404])
            #expect(world.pbx.requestLog.map(\.resource) == [.agents, .agentEvents])
            #expect(try await world.problems().isEmpty)
        }
    }

    @Test("R11: a POST whose outcome is unknown is followed by a look, and no row is there twice")
    func unknownOutcome() async throws {
        try await Self.with { world in
            _ = world.pbx.addFault(Fault(.performThenClose, method: "POST", resource: .agentEvents, times: 1))
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(world.types(of: 137) == ["agent-login", "agent-logout"])
        }
    }

    @Test("a failed list of agents changes nothing; a failed list of one agent's rows does not hold up the others")
    func failedLists() async throws {
        try await Self.with { world in
            try await world.reconcile()
            _ = world.pbx.addFault(Fault(Fault.html, method: "GET", resource: .agents, times: 1))
            try await world.makeDue()
            world.pbx.clearRequestLog()
            try await world.reconcile()
            #expect(world.pbx.requestLog.map(\.resource) == [.agents])
            #expect(try await world.agents().count == 2)
            for agentID in [136, 137] {
                for row in world.pbx.agentEvents(of: agentID) {
                    try world.pbx.removeEvent(row.id)
                }
            }
            _ = world.pbx.addFault(Fault(Fault.html, method: "GET", resource: .agentEvents, times: 1))
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.types(of: 136) == [])
            #expect(world.types(of: 137) == ["agent-login", "agent-logout"])
            world.pbx.clearRequestLog()
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            // The agent that was done is not looked at again in this round.
            #expect(world.pbx.requestLog.filter { $0.resource == .agentEvents && $0.method == "GET" }.count == 1)
        }
    }

    @Test("rights that the application lacks are a problem of the agents, apart from the tenant's own")
    func accessDenied() async throws {
        try await Self.with { world in
            _ = world.pbx.addFault(Fault(Fault.accessDenied, resource: .agents, times: 1))
            try await world.reconcile()
            let problem = try #require(try await world.problems().first)
            #expect(problem.problem.code == .accessDenied)
            #expect(problem.extensionID == nil)
            #expect(try JSONSerializer.object(problem.problem.data)?["resource"] == .text("agents"))
            // The directory reader closes the tenant's own problems.
            try await world.database.system { try await $0.setProblem(nil, of: world.scope, about: .pbx) }
            #expect(try await world.problems().count == 1)
            try await world.put()
            try await world.reconcile()
            #expect(try await world.problems().isEmpty)
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
        }
    }

    @Test("a row that the PBX refuses is taken back with what came before it, and is a problem until it is taken")
    func refusedRow() async throws {
        try await Self.with { world in
            let refusal = Fault.Action.answer(
                status: 400,
                body: #"{"message":"event type is not allowed"}"#,
                contentType: "application/json"
            )
            // The second POST: agent 136 has its login by then.
            _ = world.pbx.addFault(Fault(refusal, method: "POST", resource: .agentEvents, skip: 1, times: 1))
            try await world.reconcile()
            #expect(world.types(of: 136) == [])
            #expect(world.types(of: 137) == ["agent-login", "agent-logout"])
            #expect(try await world.problems().map(\.problem.code) == [.eventTypeRefused])
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(try await world.problems().isEmpty)
            #expect(world.pbx.violations == [])
        }
    }

    @Test("R16: a round stops before the reserve of the budget and goes on where it stopped")
    func budget() async throws {
        try await Self.with { world in
            for id in 200..<230 {
                try world.pbx.addAgent(
                    SimulatedAgent(id: id, clientID: SimulatedPBX.standardClientID, extensionName: "2566*101")
                )
            }
            try world.pbx.setRateLimit(50, clientID: SimulatedPBX.standardClientID)
            try await world.reconcile()
            let done = world.pbx.agents.filter { world.types(of: $0.id).count == 2 }.count
            #expect(done > 0 && done < 32)
            #expect(world.pbx.requestLog.allSatisfy { $0.status != 429 })
            let first = try #require(world.pbx.clients.first)
            #expect(first.rate.remaining(at: world.pbx.clock.now) >= 10)
            world.pbx.clearRequestLog()
            try world.pbx.setRateLimit(1_000, clientID: SimulatedPBX.standardClientID)
            try await world.sql("DELETE FROM pbx_budgets")
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.pbx.agents.allSatisfy { world.types(of: $0.id) == ["agent-login", "agent-logout"] })
            let lists = world.pbx.requestLog.filter { $0.resource == .agentEvents && $0.method == "GET" }
            #expect(lists.count <= 32 - done)
            #expect(world.pbx.violations == [])
        }
    }

    @Test("tenants that never wanted presence cost no request and no row")
    func notWanted() async throws {
        try await Self.with { world in
            try await world.reconcile()
            _ = try await TenantFixture.make("808", in: world.database, pbxURL: world.fixture.url)
            world.pbx.clearRequestLog()
            #expect(try await world.reconciler.reconcileDue() == 0)
            #expect(world.pbx.requestLog.isEmpty)
        }
    }
}
