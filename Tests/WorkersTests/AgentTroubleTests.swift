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

/// Runs over agents that meet trouble on the PBX, or its budget.
@Suite("Agents: trouble", .timeLimit(.minutes(5)))
struct AgentTroubleTests {
    @Test("R11: a POST whose outcome is unknown is followed by a look, and no row is there twice")
    func unknownOutcome() async throws {
        try await AgentReconcilerTests.with { world in
            _ = world.pbx.addFault(Fault(.performThenClose, method: "POST", resource: .agentEvents, times: 1))
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(world.types(of: 137) == ["agent-login", "agent-logout"])
        }
    }

    @Test("a failed list of agents changes nothing; a failed list of one agent's rows does not hold up the others")
    func failedLists() async throws {
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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
        try await AgentReconcilerTests.with { world in
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

    @Test("a login whose logout is denied for lack of rights is taken back")
    func deniedHalfWay() async throws {
        try await AgentReconcilerTests.with { world in
            // The second POST: agent 136 has its login by then.
            _ = world.pbx.addFault(
                Fault(Fault.accessDenied, method: "POST", resource: .agentEvents, skip: 1, times: 1)
            )
            try await world.reconcile()
            #expect(world.types(of: 136) == [])
            #expect(try await world.problems().map(\.problem.code) == [.accessDenied])
            try await world.makeDue()
            try await world.reconcile()
            #expect(world.types(of: 136) == ["agent-login", "agent-logout"])
            #expect(try await world.problems().isEmpty)
            #expect(world.pbx.violations == [])
        }
    }
}
