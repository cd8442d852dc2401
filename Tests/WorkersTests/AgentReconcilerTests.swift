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

    @Test("R15: another public URL makes agents due at once; their rows are changed in place, the presence stays")
    func movedPublicURL() async throws {
        try await Self.with { world in
            try await world.housekeeper().adoptPublicURL()
            try await world.reconcile()
            try await world.hear("available", from: 136)
            let before = try await world.agents()
            let ids = [136, 137].map { world.pbx.agentEvents(of: $0).map(\.id) }
            try await world.housekeeper().adoptPublicURL()
            #expect(try await world.reconciler.reconcileDue() == 0, "the same URL again changes nothing")

            let moved = "https://new.example/base/"
            world.pbx.clearRequestLog()
            for _ in 0..<2 { try await world.housekeeper(publicURL: moved).adoptPublicURL() }
            #expect(try await world.process(publicURL: moved).reconcileDue() == 1)
            #expect([136, 137].map { world.pbx.agentEvents(of: $0).map(\.id) } == ids)
            let rows = world.pbx.agentEvents(of: 136) + world.pbx.agentEvents(of: 137)
            #expect(rows.allSatisfy { $0.url.hasPrefix("https://new.example/base/agent-event/") })
            #expect(world.pbx.requestLog.filter(\.isWrite).map(\.method) == Array(repeating: "PUT", count: 4))
            #expect(try await world.agents() == before)
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
