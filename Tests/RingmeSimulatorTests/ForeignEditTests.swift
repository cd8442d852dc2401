import NIOHTTP1
import RingmeSimulator
import TestSupport
import Testing

@Suite("What others do to event rows", .timeLimit(.minutes(5)))
struct ForeignEditTests {
    private static let path = "/extension/85219/event/"

    @Test("a foreign row is added, changed and removed, our rows are removed by an administrator: no violation")
    func overHTTP() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            func control(_ method: HTTPMethod, _ path: String, _ json: JSONValue? = nil) async throws -> JSONValue? {
                try await harness.send(method, "/_sim/extensions/85219/events" + path, json: json).json
            }
            try await harness.subscribe(85219, ["dial-in", "hangup"], url: "https://host/e/1", token: token)
            let id = try #require(try await control(.POST, "", ["url": "https://crm.example/a"])?["id"]?.whole)
            let changed = try await control(.PUT, "/\(id)", ["url": "https://crm.example/b", "method": "GET"])
            #expect(changed?["foreign"]?.truth == true)
            #expect(changed?["event_type"]?.text == "hangup")
            let read = try await harness.api(.GET, Self.path + "\(id)", token: token)
            #expect(read.json?["url"]?.text == "https://crm.example/b")
            #expect(read.json?["method"]?.text == "GET")
            #expect(try await control(.DELETE, "", ["app_id": "another"])?["removed"]?.whole == 0)
            #expect(try await control(.DELETE, "")?["removed"]?.whole == 2)
            #expect(harness.pbx.events(of: 85219).map(\.id) == [id])
            #expect(try await control(.PUT, "/999", ["url": "https://crm.example/c"])?["message"] != nil)
            #expect(harness.pbx.violations.isEmpty)
        }
    }

    @Test("a row of ours that somebody makes theirs is foreign from then on")
    func takenOver() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            try await harness.subscribe(85219, ["hangup"], url: "https://host/e/1", token: token)
            let row = try #require(harness.pbx.events(of: 85219).first)
            try harness.pbx.changeEvent(row.id, url: "https://crm.example/x", owner: .foreign)
            #expect(try await harness.api(.DELETE, Self.path + "\(row.id)", token: token).status == 204)
            #expect(harness.pbx.violations.map(\.kind) == [.foreignRowTouched])
        }
    }

    @Test("random edits keep the limit, are repeatable, and show what somebody else did to foreign rows")
    func random() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            func edits(_ seed: UInt64) throws -> [ForeignEditor.Edit] {
                for row in harness.pbx.allEvents { try harness.pbx.removeEvent(row.id) }
                var generator = Seeded(state: seed)
                var editor = ForeignEditor(
                    pbx: harness.pbx,
                    clientID: harness.clientID,
                    publicURL: "https://bridge.example"
                )
                return try (0..<400).map { _ in try editor.edit(using: &generator) }
            }
            func kinds(_ edits: [ForeignEditor.Edit]) -> [String] {
                edits.map { String("\($0)".prefix { $0 != "(" }) }
            }
            let first = kinds(try edits(1))
            #expect(first == kinds(try edits(1)))
            #expect(first != kinds(try edits(2)))
            #expect(Set(first).isSuperset(of: ["added", "changed", "removed", "ownRemoved"]))
            #expect(
                harness.pbx.extensions(of: harness.clientID).allSatisfy { harness.pbx.events(of: $0.id).count <= 16 }
            )
            let editor = ForeignEditor(
                pbx: harness.pbx,
                clientID: harness.clientID,
                publicURL: "https://bridge.example"
            )
            #expect(editor.damaged.isEmpty)
            #expect(harness.pbx.violations.isEmpty)
            let row = try #require(harness.pbx.allEvents.first)
            let path = "/extension/\(row.extensionID)/event/\(row.id)"
            #expect(try await harness.api(.DELETE, path, token: token).status == 204)
            #expect(editor.damaged == [row])
        }
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 33)
        }
    }
}
