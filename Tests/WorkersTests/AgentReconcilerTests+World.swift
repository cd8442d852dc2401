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

extension AgentReconcilerTests {
    /// A tenant that wants agents' presence on a simulated PBX, and the part that subscribes.
    struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope
        let fixture: PBXFixture
        let gateway: PBXGateway
        let listener: PostgresListener
        let keyRing: KeyRing

        var database: Database { self.test.database }
        var pbx: SimulatedPBX { self.fixture.pbx }
        var reconciler: AgentReconciler { self.process() }

        /// The part that subscribes agents, perhaps with another public URL.
        func process(publicURL: String = AgentReconcilerTests.publicURL) -> AgentReconciler {
            AgentReconciler(
                database: self.database,
                listener: self.listener,
                gateway: self.gateway,
                keyRing: self.keyRing,
                publicURL: publicURL,
                driftCheckInterval: .seconds(21_600),
                logger: AgentReconcilerTests.logger
            )
        }
        /// The part that subscribes extensions, and does for agents what is done once for both.
        func housekeeper(publicURL: String = AgentReconcilerTests.publicURL) -> Reconciler {
            Reconciler(
                database: self.database,
                listener: self.listener,
                gateway: self.gateway,
                keyRing: self.keyRing,
                publicURL: publicURL,
                driftCheckInterval: .seconds(21_600),
                logger: AgentReconcilerTests.logger
            )
        }

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
            try await self.test.rows(CountLiveTokens()).first
        }
        func agentsBySQL() async throws -> Int64? {
            try await self.test.rows(CountCRMAgents()).first
        }
        func sql(_ text: String) async throws { try await self.test.script(text) }
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
                    let keyRing = try TenantFixture.keyRing()
                    try await body(
                        World(
                            test: test,
                            scope: scope,
                            fixture: pbx,
                            gateway: PBXGateway(
                                http: http,
                                defaultURL: pbx.url,
                                database: test.database,
                                keyRing: keyRing,
                                logger: Self.logger
                            ),
                            listener: PostgresListener(configuration: test.server, logger: Self.logger),
                            keyRing: keyRing
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
}
