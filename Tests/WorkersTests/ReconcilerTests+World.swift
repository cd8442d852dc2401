import FoundationEssentials
import Logging
import Postgres
import RingmeAPI
import RingmeSimulator
import Storage
import Telephony
import TestSupport

@testable import Workers

extension ReconcilerTests {
    /// A tenant on a simulated PBX, and the parts that reconcile.
    struct World: Sendable {
        let database: Database
        let scope: TenantScope
        let pbx: PBXFixture
        let reconciler: Reconciler
        let directory: DirectoryReader

        func map(_ mappings: [(Int64, String?)]) async throws -> [ReconcileTicket] {
            try await TenantFixture.map(mappings, of: self.scope, in: self.database)
        }
        func readDirectory() async throws { while try await self.directory.readDue() > 0 {} }
        func reconcile() async throws { while try await self.reconciler.reconcileDue() > 0 {} }
        func requestAll() async throws {
            try await self.database.tenant(self.scope) { transaction in
                let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
                _ = try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
            }
        }
        func states() async throws -> [SubscriptionState] {
            try await self.database.tenant(self.scope) { try await $0.reconcile.states() }
        }
        func problems() async throws -> [OpenedProblem] {
            try await self.database.tenant(self.scope) { try await $0.problems() }
        }
        func types(of extensionID: Int) -> [String] {
            self.pbx.pbx.events(of: extensionID).map(\.eventType).sorted()
        }
    }

    static func with(appSecret: String = "secret", _ body: (World) async throws -> Void) async throws {
        try await TestDatabase.with { test in
            try await PBXFixture.with { pbx in
                let http = PBXHTTPClient()
                let result: Result<Void, any Error>
                do {
                    let keyRing = try TenantFixture.keyRing()
                    let listener = PostgresListener(configuration: test.server, logger: Self.logger)
                    let gateway = PBXGateway(
                        http: http,
                        defaultURL: pbx.url,
                        database: test.database,
                        keyRing: keyRing,
                        logger: Self.logger
                    )
                    let world = World(
                        database: test.database,
                        scope: try await TenantFixture.make(
                            "807",
                            in: test.database,
                            pbxURL: pbx.url,
                            appSecret: appSecret
                        ),
                        pbx: pbx,
                        reconciler: Reconciler(
                            database: test.database,
                            listener: listener,
                            gateway: gateway,
                            keyRing: keyRing,
                            publicURL: Self.publicURL,
                            driftCheckInterval: .seconds(21_600),
                            logger: Self.logger
                        ),
                        directory: DirectoryReader(
                            database: test.database,
                            listener: listener,
                            gateway: gateway,
                            logger: Self.logger
                        )
                    )
                    try await world.readDirectory()
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

/// The data of a problem as a value to compare.
enum JSONSerializer {
    enum Value: Decodable, Equatable {
        case number(Int)
        case text(String)
        case object([String: Value])
        case list([Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }
    }

    static func object(_ json: PostgresJSON) throws -> [String: Value]? {
        try JSONDecoder().decode([String: Value].self, from: Data(json.bytes))
    }
}
