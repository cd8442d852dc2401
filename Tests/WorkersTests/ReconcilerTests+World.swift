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

extension ReconcilerTests {
    /// A tenant on a simulated PBX, and the parts that reconcile.
    struct World: Sendable {
        let test: TestDatabase
        let scope: TenantScope
        let pbx: PBXFixture
        let http: PBXHTTPClient
        let keyRing: KeyRing
        let listener: PostgresListener
        let reconciler: Reconciler
        let directory: DirectoryReader

        /// Tells what runs would do.
        var previewer: PlanPreviewer {
            PlanPreviewer(
                database: self.database,
                gateway: PBXGateway(
                    http: self.http,
                    defaultURL: self.pbx.url,
                    database: self.database,
                    keyRing: self.keyRing,
                    logger: ReconcilerTests.logger
                ),
                keyRing: self.keyRing,
                publicURL: ReconcilerTests.publicURL
            )
        }

        /// Tests a tenant from end to end.
        func checker(publicURL: String) -> TenantChecker {
            TenantChecker(
                database: self.database,
                gateway: PBXGateway(
                    http: self.http,
                    defaultURL: self.pbx.url,
                    database: self.database,
                    keyRing: self.keyRing,
                    logger: ReconcilerTests.logger
                ),
                probe: PublicURLProbe(http: self.http),
                keyRing: self.keyRing,
                publicURL: publicURL
            )
        }

        /// A worker that answers questions about PBXs.
        var answerer: InquiryAnswerer { self.answerer(logger: ReconcilerTests.logger) }

        func answerer(logger: Logger) -> InquiryAnswerer {
            InquiryAnswerer(
                database: self.database,
                listener: self.listener,
                previewer: self.previewer,
                checker: self.checker(publicURL: ReconcilerTests.publicURL),
                locator: RecordingLocator(
                    database: self.database,
                    gateway: PBXGateway(
                        http: self.http,
                        defaultURL: self.pbx.url,
                        database: self.database,
                        keyRing: self.keyRing,
                        logger: ReconcilerTests.logger
                    ),
                    keyRing: self.keyRing
                ),
                logger: logger
            )
        }

        var database: Database { self.test.database }

        func map(_ mappings: [(Int64, String?)]) async throws -> [ReconcileTicket] {
            try await self.map(mappings, of: self.scope)
        }
        func map(_ mappings: [(Int64, String?)], of scope: TenantScope) async throws -> [ReconcileTicket] {
            try await TenantFixture.map(mappings, of: scope, in: self.database)
        }
        func readDirectory() async throws { while try await self.directory.readDue() > 0 {} }
        func reconcile() async throws { while try await self.reconciler.reconcileDue() > 0 {} }
        func requestAll() async throws {
            try await self.database.tenant(self.scope) { transaction in
                let mapped = try await transaction.mappings.current().mappings.map(\.extensionID)
                _ = try await transaction.reconcile.requestWhereNeeded(mapped, amongMapped: [])
            }
        }
        func rotate(_ extensionID: Int) async throws -> ReconcileTicket? {
            try await self.database.tenant(self.scope) { transaction in
                var generator = SystemRandomNumberGenerator()
                return try await transaction.reconcile.rotateToken(
                    of: ExtensionID(rawValue: Int64(extensionID)),
                    keyRing: self.keyRing,
                    using: &generator
                )
            }
        }
        func tokens(of extensionID: Int) async throws -> EventTokens {
            try await self.database.system { transaction in
                try await transaction.eventTokens.tokens(
                    of: self.scope,
                    extensionID: ExtensionID(rawValue: Int64(extensionID)),
                    keyRing: self.keyRing
                )
            }
        }
        func states() async throws -> [SubscriptionState] {
            try await self.database.tenant(self.scope) { try await $0.reconcile.states() }
        }
        func problems() async throws -> [OpenedProblem] {
            try await self.database.tenant(self.scope) { try await $0.problems() }
        }
        func problemCodes() async throws -> [Problem.Code] { try await self.problems().map(\.problem.code) }
        func types(of extensionID: Int) -> [String] {
            self.pbx.pbx.events(of: extensionID).map(\.eventType).sorted()
        }
        /// The wanted URL of an extension's rows.
        func url(of extensionID: Int) async throws -> String {
            let live = try #require(try await self.tokens(of: extensionID).live)
            return live.eventURL(publicURL: ReconcilerTests.publicURL)
        }
        /// The rows that carry the live token of the extension and are right in all.
        func rightTypes(of extensionID: Int) async throws -> [String] {
            let url = try await self.url(of: extensionID)
            return self.pbx.pbx.events(of: extensionID).filter { $0.url == url && $0.method == "POST" }
                .map(\.eventType).sorted()
        }

        /// The reconciler of another server process, perhaps with another public URL.
        func process(on database: Database? = nil, publicURL: String = ReconcilerTests.publicURL) -> Reconciler {
            let database = database ?? self.database
            return Reconciler(
                database: database,
                listener: self.listener,
                gateway: PBXGateway(
                    http: self.http,
                    defaultURL: self.pbx.url,
                    database: database,
                    keyRing: self.keyRing,
                    logger: ReconcilerTests.logger
                ),
                keyRing: self.keyRing,
                publicURL: publicURL,
                driftCheckInterval: .seconds(21_600),
                logger: ReconcilerTests.logger
            )
        }

        /// So much time passes: the PBX's clock goes forward, and every instant that the database compares with its own clock
        /// goes back.
        func pass(_ seconds: Int) async throws {
            self.pbx.pbx.advanceClock(by: .seconds(seconds))
            try await self.script(
                """
                UPDATE reconcile_todos SET due_at = due_at - interval '\(seconds) s',
                  claimed_until = claimed_until - interval '\(seconds) s';
                UPDATE pbx_budgets SET reset_at = reset_at - interval '\(seconds) s',
                  blocked_until = blocked_until - interval '\(seconds) s';
                UPDATE subscription_states SET checked_at = checked_at - interval '\(seconds) s';
                UPDATE pbx_turns SET refused_at = refused_at - interval '\(seconds) s',
                  held_until = held_until - interval '\(seconds) s';
                UPDATE event_tokens SET retired_at = retired_at - interval '\(seconds) s',
                  unused_since = unused_since - interval '\(seconds) s';
                """
            )
        }

        /// What an operator does with psql, as superuser.
        func script(_ sql: String) async throws {
            try await self.test.script(sql)
        }

        /// One number by SQL, as superuser.
        func count<Count: Statement>(_ statement: Count) async throws -> Int64 where Count.Output == Int64 {
            try #require(try await self.test.rows(statement).first)
        }

        /// A second tenant, of the same PBX client unless another application is named.
        func tenant(_ id: String, appID: String = "app") async throws -> TenantScope {
            let scope = try await TenantFixture.make(id, in: self.database, pbxURL: self.pbx.url, appID: appID)
            try await self.readDirectory()
            return scope
        }

        func setStatus(_ status: Tenant.Status) async throws {
            try await self.database.system { transaction in
                let tenant = try #require(try await transaction.tenants.find(self.scope.tenantID))
                _ = try await transaction.tenants.put(
                    TenantStore.Definition(
                        id: tenant.id,
                        name: tenant.name,
                        locale: tenant.locale,
                        timeZone: tenant.timeZone,
                        status: status,
                        pbx: tenant.pbx,
                        settings: tenant.settings
                    )
                )
            }
        }
    }

    static func with(
        appSecret: String = "secret",
        poolSize: Int = 8,
        _ body: (World) async throws -> Void
    ) async throws {
        try await TestDatabase.with(poolSize: poolSize) { test in
            try await PBXFixture.with { pbx in
                let http = PBXHTTPClient()
                let result: Result<Void, any Error>
                do {
                    let world = try await Self.world(test, pbx: pbx, http: http, appSecret: appSecret)
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

    private static func world(
        _ test: TestDatabase,
        pbx: PBXFixture,
        http: PBXHTTPClient,
        appSecret: String
    ) async throws -> World {
        let keyRing = try TenantFixture.keyRing()
        let listener = PostgresListener(configuration: test.server, logger: Self.logger)
        let gateway = PBXGateway(
            http: http,
            defaultURL: pbx.url,
            database: test.database,
            keyRing: keyRing,
            logger: Self.logger
        )
        return World(
            test: test,
            scope: try await TenantFixture.make("807", in: test.database, pbxURL: pbx.url, appSecret: appSecret),
            pbx: pbx,
            http: http,
            keyRing: keyRing,
            listener: listener,
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
