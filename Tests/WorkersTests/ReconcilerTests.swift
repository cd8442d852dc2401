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

/// Reconcile against the simulated PBX: what counts is the PBX's state afterwards.
@Suite("Reconciler", .timeLimit(.minutes(5)))
struct ReconcilerTests {
    static let logger = Logger(label: "test")
    static let publicURL = "http://127.0.0.1:9"
    static let phone = 85_219
    static let ivr = 96_850

    @Test("a mapped phone gets its four events, an IVR and a queue their hangup, all by POST")
    func freshMapping() async throws {
        try await Self.with { world in
            _ = try await world.map([(85_219, "u1"), (96_850, nil), (96_857, nil)])
            try await world.reconcile()
            #expect(world.types(of: Self.phone) == ["answer", "dial-in", "dial-out", "hangup"])
            #expect(world.types(of: Self.ivr) == ["hangup"])
            #expect(world.types(of: 96_857) == ["hangup"])
            #expect(
                world.pbx.pbx.allEvents.allSatisfy {
                    $0.method == "POST" && $0.url.hasPrefix(Self.publicURL + "/ext-event/")
                }
            )
            #expect(Set(world.pbx.pbx.allEvents.map(\.url)).count == 3)
            #expect(try await world.states().map(\.state) == [.active, .active, .active])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("a second run sends one GET and no write")
    func secondRunIsEmpty() async throws {
        try await Self.with { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            world.pbx.pbx.clearRequestLog()
            try await world.requestAll()
            try await world.reconcile()
            let requests = world.pbx.pbx.requestLog
            #expect(requests.filter(\.isWrite).isEmpty)
            #expect(requests.filter { $0.extensionID == Self.phone }.count == 1)
        }
    }

    @Test("an extension that leaves the mapping loses our rows and keeps the others'")
    func unmapping() async throws {
        try await Self.with { world in
            let foreign = try world.pbx.pbx.addForeignEvent(
                extensionID: Self.phone,
                url: "https://crm.example.com/hook"
            )
            let lookalike = try world.pbx.pbx.addForeignEvent(
                extensionID: Self.phone,
                url: Self.publicURL + "/ext-event/f2a8vdrfae0s1ku5d2rj3iximjf3twyz"
            )
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).count == 6)
            _ = try await world.map([])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).map(\.id) == [foreign.id, lookalike.id])
            #expect(try await world.states().map(\.state) == [.removed])
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("with too few free slots nothing is added, and the problem says the numbers and whose rows they are")
    func limitReached() async throws {
        try await Self.with { world in
            for index in 0..<14 {
                try world.pbx.pbx.addForeignEvent(
                    extensionID: Self.phone,
                    url: index < 9 ? "https://crm.example.com/\(index)" : "https://other.example.com/\(index)"
                )
            }
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).count == 14)
            let state = try #require(try await world.states().first)
            #expect(state.state == .failed)
            #expect(Set(state.missing) == ["dial-in", "dial-out", "answer", "hangup"])
            let problem = try #require(try await world.problems().first)
            #expect(problem.problem.code == .eventLimitReached)
            let data = try #require(try JSONSerializer.object(problem.problem.data))
            #expect(data["limit"] == .number(16))
            #expect(data["used"] == .number(14))
            #expect(data["needed"] == .number(4))
            #expect(data["free"] == .number(2))
            #expect(data["foreign_hosts"] == .object(["crm.example.com": .number(9), "other.example.com": .number(5)]))
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("a refusal below the limit we believed takes back what the run had added, and frees nothing of others")
    func lowerLimitOnThePBX() async throws {
        try await Self.with { world in
            try world.pbx.pbx.setEventLimit(6, extensionID: Self.phone)
            for index in 0..<4 {
                try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\(index)")
            }
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(world.pbx.pbx.events(of: Self.phone).map(\.owner) == Array(repeating: .foreign, count: 4))
            #expect(try await world.states().first?.observedLimit == 6)
            #expect(try await world.problems().map(\.problem.code) == [.eventLimitReached])
            try world.pbx.pbx.setEventLimit(16, extensionID: Self.phone)
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.types(of: Self.phone).count == 4 + 4)
            #expect(try await world.problems().isEmpty)
            #expect(world.pbx.pbx.violations == [])
        }
    }

    @Test("wrong credentials are a problem that new credentials close")
    func credentials() async throws {
        try await Self.with(appSecret: "wrong") { world in
            _ = try await world.map([(85_219, "u1")])
            try await world.reconcile()
            #expect(Set(try await world.problems().map(\.problem.code)) == [.credentialsRejected])
            #expect(world.pbx.pbx.allEvents.isEmpty)
            _ = try await TenantFixture.make("807", in: world.database, pbxURL: world.pbx.url)
            try await world.readDirectory()
            try await world.reconcile()
            #expect(world.types(of: Self.phone).count == 4)
            #expect(try await world.problems().isEmpty)
        }
    }

    @Test("a failed list writes nothing, and the run comes again")
    func failedList() async throws {
        try await Self.with { world in
            _ = try await world.map([(85_219, "u1")])
            _ = world.pbx.pbx.addFault(Fault(Fault.html, method: "GET", resource: .events, times: 1))
            try await world.reconcile()
            #expect(world.pbx.pbx.allEvents.isEmpty)
            #expect(try await world.states().map(\.state) == [.pending])
            #expect(try await world.problems().map(\.problem.code) == [.pbxUnreachable])
            try await world.requestAll()
            try await world.reconcile()
            #expect(world.types(of: Self.phone).count == 4)
            #expect(try await world.problems().isEmpty)
        }
    }
}
