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

/// Agents, and tenants with agents, that leave: our rows and tokens go.
@Suite("Agents: leaving", .timeLimit(.minutes(5)))
struct AgentLeavingTests {
    @Test("switched off: our rows go, nobody is listed; switched on again, all comes back without presence")
    func switchedOff() async throws {
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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

    @Test("a retired token of an agent is accepted until the PBX has no row with it and a day longer, then forgotten")
    func lifeOfATokens() async throws {
        try await AgentReconcilerTests.with { world in
            func accepted() async throws -> Int {
                try await world.housekeeper().keepHouse()
                return try await world.database.system { try await $0.agentTokens.owners().count }
            }
            func pass(_ seconds: Int) async throws {
                try await world.sql(
                    """
                    UPDATE agent_tokens SET retired_at = retired_at - interval '\(seconds) s',
                      unused_since = unused_since - interval '\(seconds) s'
                    """
                )
            }
            let day = 86_400
            try await world.reconcile()
            let rows = world.pbx.agentEvents(of: 136)
            _ = world.pbx.addFault(Fault(.closeConnection, method: "DELETE", resource: .agentEvent, times: nil))
            try await world.put(agentPresence: false)
            try await world.reconcile()
            // The PBX still has rows with them, however long.
            try await pass(3 * day)
            #expect(try await accepted() == 2)
            world.pbx.clearFaults()
            try await world.makeDue()
            try await world.reconcile()
            try await pass(day - 60)
            #expect(try await accepted() == 2)
            // Presence again: the new tokens live, and the old ones go a day after they were seen last.
            try await world.put()
            try await world.reconcile()
            #expect(try await accepted() == 4)
            let copy = try world.pbx.addForeignAgentEvent(agentID: 136, url: rows[0].url)
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.pbx.agentEvents(of: 136).allSatisfy { $0.id != copy.id }, "its token proves it ours")
            try await pass(120)
            #expect(try await accepted() == 3, "137's is forgotten, 136's was seen again")
            try await pass(day)
            #expect(try await accepted() == 2)
            #expect(try await world.liveTokens() == 2)
        }
    }

    @Test("a token of an agent that never had a row of ours is forgotten a day after it is retired")
    func neverUsedToken() async throws {
        try await AgentReconcilerTests.with { world in
            _ = world.pbx.addFault(Fault(Fault.internalError, resource: .agentEvents, times: nil))
            try await world.reconcile()
            try await world.put(agentPresence: false)
            world.pbx.clearRequestLog()
            try await world.reconcile()
            #expect(world.pbx.requestLog.isEmpty)
            try await world.sql("UPDATE agent_tokens SET unused_since = unused_since - interval '1 day 1 second'")
            try await world.housekeeper().keepHouse()
            #expect(try await world.database.system { try await $0.agentTokens.owners().count } == 0)
        }
    }
}
