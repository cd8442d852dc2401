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

/// A tenant on a simulated PBX, and the parts that make its calls into records. The phones 101 to 103, the IVR 099 and the
/// queue 887 are mapped.
struct CallWorld: Sendable {
    let test: TestDatabase
    let scope: TenantScope
    let fixture: PBXFixture
    let assembler: Assembler
    let finder: RecordingFinder
    /// As in another process: nothing shared but the database.
    let otherFinder: RecordingFinder
    let directory: DirectoryReader
    let tokens: [Int64: EventTokenOwner]

    static let clientID = SimulatedPBX.standardClientID

    var database: Database { self.test.database }
    var pbx: SimulatedPBX { self.fixture.pbx }

    /// Plays a call on the PBX, where it enters the history, stores its events and assembles them.
    func play(_ script: ScriptedCall.Script) async throws -> PlacedCall {
        let call = try await self.fixture.simulator.place(ScriptedCall(clientID: Self.clientID, script: script))
        try await self.store(call.events)
        try await self.assembleAll()
        return call
    }

    func store(_ events: [ScriptedEvent]) async throws {
        var batch = EventBatch()
        for event in events {
            let owner = try #require(self.tokens[Int64(event.extensionID)])
            let fields = EventFields(event.fields.map { ($0.name, $0.value) })
            let callID = try #require(fields["CallID"].flatMap(CallID.init(received:)))
            batch.append(.understood(callID: callID, fields: fields), owner: owner, source: nil)
        }
        try await EventStore(database: self.database).write(batch)
    }

    func assembleAll(now: Timestamp? = nil) async throws {
        while try await self.assembler.assembleDue(now: now) > 0 {}
    }

    func readDirectory() async throws { while try await self.directory.readDue() > 0 {} }

    func feed() async throws -> [StoredCall] {
        try await self.database.tenant(self.scope) { try await $0.feed.changes(after: 0, limit: 1000) }
    }

    func problems() async throws -> [Problem.Code] {
        try await self.database.tenant(self.scope) { try await $0.problems() }.map(\.problem.code)
    }

    func databaseNow() async throws -> Timestamp {
        try await #require(self.database.pool.execute(AssemblerTests.ReadNow()).first)
    }

    /// What time does, and what no part of the program may do.
    func change(_ sql: String) async throws {
        try await self.test.script(sql)
    }

    func requests(for resource: ResourceKind) -> Int { self.pbx.requestLog.count { $0.resource == resource } }

    /// `isListed`: whether the directory was read before the body runs.
    static func with(isListed: Bool = true, _ body: (CallWorld) async throws -> Void) async throws {
        let logger = Logger(label: "test")
        try await TestDatabase.with { test in
            try await PBXFixture.with { fixture in
                let http = PBXHTTPClient()
                let result: Result<Void, any Error>
                do {
                    let keyRing = try TenantFixture.keyRing()
                    func gateway() -> PBXGateway {
                        PBXGateway(
                            http: http,
                            defaultURL: fixture.url,
                            database: test.database,
                            keyRing: keyRing,
                            logger: logger
                        )
                    }
                    let scope = try await TenantFixture.make("807", in: test.database, pbxURL: fixture.url)
                    let mapped: [(Int64, String?)] = [
                        (85_218, "u101"), (85_219, "u102"), (85_220, "u103"), (96_850, nil), (96_857, nil),
                    ]
                    _ = try await TenantFixture.map(mapped, of: scope, in: test.database)
                    let owners = try await test.database.system { try await $0.eventTokens.owners() }
                    let listener = PostgresListener(configuration: test.server, logger: logger)
                    let world = CallWorld(
                        test: test,
                        scope: scope,
                        fixture: fixture,
                        assembler: Assembler(
                            database: test.database,
                            listener: listener,
                            defaults: AssemblyDefaults(grace: .seconds(5)),
                            logger: logger
                        ),
                        finder: RecordingFinder(database: test.database, gateway: gateway(), logger: logger),
                        otherFinder: RecordingFinder(database: test.database, gateway: gateway(), logger: logger),
                        directory: DirectoryReader(
                            database: test.database,
                            listener: listener,
                            gateway: gateway(),
                            logger: logger
                        ),
                        tokens: Dictionary(
                            owners.values.map { ($0.extensionID.rawValue, $0) },
                            uniquingKeysWith: { first, _ in first }
                        )
                    )
                    if isListed {
                        try await world.readDirectory()
                    }
                    try await body(world)
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

extension ScriptedEvent {
    /// An answered outgoing leg of a phone of the standard client; its CallID and times come with the call that plays it.
    static func outgoingLeg(
        from extensionID: Int,
        name: String,
        to number: String,
        leg: String,
        recording: String? = nil,
        offset: Duration = .zero
    ) -> [ScriptedEvent] {
        [("dial-out", "CALLING", 0), ("answer", "ANSWER", 5), ("hangup", "ANSWER", 35)].map { type, status, second in
            var fields = [
                FormField("EventType", type), FormField("SubCallID", "\(extensionID)-\(leg)"),
                FormField("CallFlow", "out"), FormField("CallStatus", status), FormField("CallerIDNum", "2566*\(name)"),
                FormField("CallerExtensionID", String(extensionID)), FormField("CalledNumber", number),
            ]
            if type == "hangup" {
                fields.append(FormField("Duration", "30000000"))
                fields += recording.map { [FormField("RecID", $0)] } ?? []
            }
            return ScriptedEvent(extensionID: extensionID, fields: fields, offset: offset + .seconds(second))
        }
    }
}
