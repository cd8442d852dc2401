import NIOHTTP1
import RingmeSimulator
import Testing

@Suite("What an integration must never do is noticed", .timeLimit(.minutes(5)))
struct ViolationTests {
    private static let row: JSONValue = ["url": "https://host/e/1", "event_type": "hangup", "method": "POST"]

    @Test("changing and deleting a foreign row, deleting all rows: carried out and noticed")
    func foreignRows() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let foreign = try harness.pbx.addForeignEvent(extensionID: 85219, url: "https://crm.example/a")
            let path = "/extension/85219/event/\(foreign.id)"
            #expect(try await harness.api(.PUT, path, token: token, json: Self.row).status == 200)
            #expect(try await harness.api(.DELETE, path, token: token).status == 204)
            try harness.pbx.addForeignEvent(extensionID: 85219, url: "https://crm.example/b")
            #expect(try await harness.api(.DELETE, "/extension/85219/event/", token: token).status == 204)
            #expect(harness.pbx.events(of: 85219).isEmpty)
            let violations = harness.pbx.violations
            #expect(violations.map(\.kind) == [.foreignRowTouched, .foreignRowTouched, .bulkDelete])
            #expect(violations.first?.eventID == foreign.id)
            #expect(violations.allSatisfy { $0.extensionID == 85219 && $0.appID == SimulatorHarness.appID })
        }
    }

    @Test("another application's rows are foreign; one's own from before are not")
    func owners() async throws {
        try await SimulatorHarness.run { harness in
            try harness.pbx.addApplication(appID: "second", appSecret: "s", clientID: harness.clientID)
            let other = try harness.pbx.addEvent(
                extensionID: 85219,
                url: "https://host/e/9",
                eventType: "hangup",
                owner: .application("second")
            )
            let own = try harness.pbx.addEvent(
                extensionID: 85219,
                url: "https://host/e/8",
                eventType: "hangup",
                owner: .application(SimulatorHarness.appID)
            )
            let token = try await harness.token()
            _ = try await harness.api(.DELETE, "/extension/85219/event/\(own.id)", token: token)
            #expect(harness.pbx.violations.isEmpty)
            _ = try await harness.api(.DELETE, "/extension/85219/event/\(other.id)", token: token)
            #expect(harness.pbx.violations.map(\.kind) == [.foreignRowTouched])
        }
    }

    @Test("a second row for the same extension, type and URL is made and noticed")
    func duplicates() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let path = "/extension/85219/event/"
            _ = try await harness.api(.POST, path, token: token, json: Self.row)
            #expect(harness.pbx.violations.isEmpty)
            #expect(try await harness.api(.POST, path, token: token, json: Self.row).status == 201)
            #expect(harness.pbx.events(of: 85219).count == 2)
            #expect(harness.pbx.violations.map(\.kind) == [.duplicateCreated])
        }
    }

    @Test("a row of a type that the extension cannot have is refused and noticed", arguments: ["answer", "dance"])
    func wrongType(eventType: String) async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let row: JSONValue = ["url": "https://host/e", "event_type": .string(eventType), "method": "POST"]
            #expect(try await harness.api(.POST, "/extension/96850/event/", token: token, json: row).status == 400)
            #expect(harness.pbx.violations.map(\.kind) == [.wrongEventType])
            #expect(harness.pbx.violations.first?.extensionID == 96850)
        }
    }

    @Test("requests after the end of the budget was told, and requests without gzip, are noticed")
    func budgetAndGzip() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            let plain = try await harness.send(.GET, "/user/", token: token, acceptsGzip: false)
            #expect(plain.status == 200)
            #expect(harness.pbx.violations.map(\.kind) == [.gzipNotAccepted])
            harness.pbx.clearViolations()
            try harness.pbx.setRateLimit(1, clientID: harness.clientID)
            _ = try await harness.send(.GET, "/user/", token: token)
            harness.pbx.advanceClock(by: .seconds(10))
            _ = try await harness.send(.GET, "/user/", token: token)
            #expect(harness.pbx.violations.map(\.kind) == [.budgetExceeded])
        }
    }

    @Test("two writes to one extension at one time are noticed, to two extensions they are not")
    func overlappingWrites() async throws {
        try await SimulatorHarness.run { harness in
            let token = try await harness.token()
            func createTwo(_ first: Int, _ second: Int) async throws {
                harness.pbx.addFault(
                    Fault(.none, method: "POST", resource: .events, times: 2, delay: .milliseconds(400))
                )
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, extensionID) in [first, second].enumerated() {
                        group.addTask {
                            let row: JSONValue = [
                                "url": .string("https://host/\(number)/\(extensionID)"), "event_type": "hangup",
                                "method": "POST",
                            ]
                            let path = "/extension/\(extensionID)/event/"
                            _ = try await harness.api(.POST, path, token: token, json: row)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await createTwo(85218, 85219)
            #expect(harness.pbx.violations.isEmpty)
            try await createTwo(85220, 85220)
            #expect(harness.pbx.violations.map(\.kind) == [.overlappingWrites])
        }
    }
}
