import FoundationEssentials
import Postgres
import RingmeSimulator
import Storage
import Telephony
import TestSupport
import Testing

@testable import Workers

/// R17: a dry run says what the runs then do.
@Suite("Dry run", .timeLimit(.minutes(5)))
struct PlanPreviewTests {
    private typealias World = ReconcilerTests.World
    private static let phone = 85_219
    private static let ivr = 96_850

    /// The writes that the PBX got: `create dial-in`, `delete`, …
    private static func writes(_ world: World, of extensionID: Int) -> [String] {
        let actions = ["POST": "create", "PUT": "update", "DELETE": "delete"]
        return world.pbx.pbx.requestLog.filter { $0.isWrite && $0.extensionID == extensionID }.map { request in
            let action = actions[request.method] ?? request.method
            return action == "delete" ? action : "\(action) \(request.eventType ?? "?")"
        }
    }

    /// The writes that a plan announces, in the same words.
    private static func writes(_ entry: PlanPreview.Entry) -> [String] {
        entry.steps.filter { $0.action != .keep }.map { step in
            step.action == .delete ? "delete" : "\(step.action.rawValue) \(step.eventType)"
        }
    }

    private static func preview(_ wanted: [(Int64, String?)], _ world: World) async throws -> PlanPreview {
        let mappings = wanted.map {
            Mapping(extensionID: ExtensionID(rawValue: $0.0), userID: $0.1.map(UserID.init(rawValue:)))
        }
        let subjects = try await world.database.tenant(world.scope) { transaction in
            try await transaction.mappings.subjects(of: mappings, current: transaction.mappings.current())
        }
        var generator = SeededGenerator(seed: 17)
        return try await world.previewer.preview(subjects, of: world.scope, using: &generator)
    }

    /// Previews the set, applies it, and compares: writes in their order, requests, slots and end.
    private static func previewAndApply(_ wanted: [(Int64, String?)], _ world: World) async throws -> PlanPreview {
        let before = try await world.count(CountWritten())
        world.pbx.pbx.clearRequestLog()
        let preview = try await Self.preview(wanted, world)
        #expect(world.pbx.pbx.requestLog.filter(\.isWrite).isEmpty)
        #expect(try await world.count(CountWritten()) == before)

        world.pbx.pbx.clearRequestLog()
        _ = try await world.map(wanted)
        try await world.reconcile()
        #expect(world.pbx.pbx.requestLog.count { $0.extensionID != nil } == preview.neededRequests)
        let states = try await world.states()
        for entry in preview.entries {
            let id = Int(entry.extensionID.rawValue)
            #expect(Self.writes(world, of: id) == Self.writes(entry), "extension \(id)")
            let rows = world.pbx.pbx.events(of: id)
            #expect(rows.count == entry.after?.used)
            #expect(rows.count { $0.owner == .foreign } == entry.after?.foreign)
            let state = states.first { $0.extensionID == entry.extensionID }
            #expect(state?.slots?.limit == entry.after?.limit)
            let problem = try await world.problems().first { $0.extensionID == entry.extensionID }
            #expect(problem?.problem.code == entry.problem?.problem.code)
        }
        return preview
    }

    @Test("R17: what is added, changed in place, doubled, removed and left alone is announced step by step")
    func equalsApply() async throws {
        try await ReconcilerTests.with { world in
            let pbx = world.pbx.pbx
            let first = try await Self.previewAndApply([(85_219, "u1"), (96_850, nil), (85_218, "u2")], world)
            #expect(first.entries.map(\.requests) == [5, 5, 2])
            #expect(first.entries.map(\.name) == ["2566*101", "2566*102", "2566*099"])
            #expect(first.availableRequests != nil)

            // Somebody at work on the PBX: a row lost, one doubled, one by GET; then a run that has to mend it.
            let rows = pbx.events(of: Self.phone)
            try pbx.removeEvent(rows[0].id)
            try pbx.removeEvent(rows[1].id)
            for (row, method) in [(rows[1], "GET"), (rows[2], "POST")] {
                try pbx.addEvent(
                    extensionID: Self.phone,
                    url: row.url,
                    eventType: row.eventType,
                    method: method,
                    owner: row.owner
                )
            }
            try pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/hook")
            try await world.script("UPDATE subscription_states SET state = 'failed', missing = '{}'")
            _ = try await world.rotate(85_218)
            let second = try await Self.previewAndApply([(85_219, "u1"), (96_850, nil), (85_218, "u2")], world)
            #expect(second.entries.map(\.extensionID.rawValue) == [85_218, 85_219, 96_850])
            #expect(second.entries[0].steps.map(\.reason) == Array(repeating: .tokenRotated, count: 4))
            #expect(
                second.entries[1].steps.map(\.reason) == [.right, .right, .methodChanged, .missing, .duplicate]
            )
            #expect(pbx.violations == [])
            #expect(second.entries[2].steps.map(\.action) == [.keep])

            let third = try await Self.previewAndApply([(85_219, "u1")], world)
            #expect(third.entries.map(\.steps.count) == [4, 1])
            #expect(third.entries.allSatisfy { $0.steps.allSatisfy { $0.action == .delete && $0.reason == .unwanted } })
            #expect(try await Self.preview([(85_219, "u1")], world).entries == [])
        }
    }

    @Test("R17: a limit that is in the way is announced with its numbers, and nothing is done then either")
    func limit() async throws {
        try await ReconcilerTests.with { world in
            for index in 0..<14 {
                try world.pbx.pbx.addForeignEvent(extensionID: Self.phone, url: "https://crm.example.com/\(index)")
            }
            let preview = try await Self.previewAndApply([(85_219, "u1")], world)
            let entry = try #require(preview.entries.first)
            #expect(entry.steps == [])
            #expect(entry.before?.free == 2)
            #expect(entry.after?.foreignHosts == ["crm.example.com": 14])
            let problem = try #require(entry.problem).problem
            let data = try #require(try JSONSerializer.object(problem.data))
            #expect(data["needed"] == .number(4))
            #expect(data["limit"] == .number(16))
        }
    }

    @Test("a question is answered once, by whichever worker takes it, and waits in the database for its asker")
    func inquiry() async throws {
        try await ReconcilerTests.with { world in
            let id = UUID()
            let subject = PlanPreview.Subject(extensionID: ExtensionID(rawValue: 85_219), isMapped: true)
            try await world.database.tenant(world.scope) { try await $0.ask(.plan([subject]), id: id) }
            let workers = [world.answerer, world.answerer]
            let answered = try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in workers { group.addTask { try await worker.answerAll() } }
                return try await group.reduce(0, +)
            }
            #expect(answered == 1)
            let reply = try await Self.reply(to: id, world)
            guard case .answer(let answer) = reply else {
                Issue.record("\(String(describing: reply))")
                return
            }
            #expect(answer.entries.map(\.extensionID) == [subject.extensionID])
            #expect(answer.entries.first?.steps.count == 4)
            try await world.script("UPDATE pbx_inquiries SET asked_at = now() - interval '61 minutes'")
            try await world.database.system { try await $0.dropOldInquiries() }
            #expect(try await Self.reply(to: id, world) == nil)
        }
    }

    @Test("a question that no worker understands was passed over in silence: its asker is told, and the log says why")
    func unintelligible() async throws {
        try await ReconcilerTests.with { world in
            let id = UUID()
            try await world.database.tenant(world.scope) { try await $0.ask(.plan([]), id: id) }
            try await world.script(#"UPDATE pbx_inquiries SET body = '[{"extension": "all"}]'"#)
            let lines = LogLines()
            #expect(try await world.answerer(logger: lines.logger).answerAll() == 1)
            guard case .failed = try await Self.reply(to: id, world) else {
                Issue.record("the asker waits in vain")
                return
            }
            #expect(lines.all.count { $0.hasPrefix("error an inquiry could not be answered") } == 1)
        }
    }

    private static func reply(to id: UUID, _ world: World) async throws -> InquiryReply<PlanPreview>? {
        try await world.database.tenant(world.scope) { try await $0.reply(PlanPreview.self, to: id) }
    }

    @Test("a list that fails is one extension's problem, a PBX that is away is everybody's and is asked once")
    func troubles() async throws {
        try await ReconcilerTests.with { world in
            let wanted: [(Int64, String?)] = [(85_218, "u1"), (85_219, "u2"), (85_220, "u3")]
            _ = world.pbx.pbx.addFault(Fault(Fault.html, method: "GET", resource: .events, extensionID: Self.phone))
            let one = try await Self.preview(wanted, world)
            #expect(one.entries.map { $0.problem?.problem.code } == [nil, .pbxUnreachable, nil])
            #expect(one.entries.map(\.steps.count) == [4, 0, 4])
            #expect(one.neededRequests == 5 + 1 + 5)

            world.pbx.pbx.clearFaults()
            try world.pbx.pbx.consumeBudget(940, clientID: SimulatedPBX.standardClientID)
            _ = try await Self.preview([(85_218, "u1")], world)
            try await world.script("UPDATE pbx_budgets SET remaining = 50")
            world.pbx.pbx.clearRequestLog()
            let none = try await Self.preview(wanted, world)
            #expect(none.entries.allSatisfy { $0.problem?.problem.code == .rateLimited && $0.steps == [] })
            #expect(none.availableRequests == 0)
            #expect(world.pbx.pbx.requestLog.allSatisfy { $0.resource == .token })
        }
    }
}

/// Rows that a mapping write and its runs would write.
private struct CountWritten: Statement {
    static let sql: StaticString = """
        SELECT (SELECT count(*) FROM mappings) + (SELECT count(*) FROM event_tokens) + (SELECT count(*) FROM reconcile_todos)
          + (SELECT count(*) FROM audit_log) + (SELECT count(*) FROM subscriptions)
        """
    static func decode(_ row: inout Row) throws(PostgresError) -> Int64 { try row.next() }
}
