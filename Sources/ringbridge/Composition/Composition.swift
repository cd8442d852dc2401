import Foundation
import Hummingbird
import Logging
import Metrics
import NIOCore
import Observability
import Postgres
import RingmeAPI
import ServiceLifecycle
import Spool
import Storage
import UnixSignals
import WebAPI
import Workers

/// The only place that builds the server's parts and puts them together.
struct Composition {
    let configuration: ServerConfiguration
    let only: ServeCommand.Part?
    let logger = Logger(label: "ringbridge")

    /// How long requests and runs in progress may take after SIGTERM.
    private static let drainTime: Duration = .seconds(30)

    /// Runs until SIGTERM or SIGINT.
    ///
    /// - Throws: ``CommandFailure`` when the database or the schema does not fit or the port is taken, each with the fix.
    func run() async throws {
        bootstrapLogging(level: self.configuration.logging.level, format: self.configuration.logging.format)
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        try await self.checkDatabase()
        let spool = try await self.openSpool()

        let http = PBXHTTPClient()
        let group = ServiceGroup(configuration: self.services(metrics: metrics, http: http, spool: spool))
        let result: Result<Void, any Error>
        do {
            try await group.run()
            result = .success(())
        } catch let error as IOError where error.errnoCode == EADDRINUSE || error.errnoCode == EACCES {
            result = .failure(
                CommandFailure("the port cannot be opened (\(error)); choose another by HTTP_PORT or INGEST_PORT")
            )
        } catch {
            result = .failure(error)
        }
        try await http.shutdown()
        try result.get()
    }

    /// In the order of dependency: stopped in reverse, so HTTP goes first and the pool last.
    private func services(
        metrics: PrometheusRegistry,
        http: PBXHTTPClient,
        spool: Spool?
    ) -> ServiceGroupConfiguration {
        let configuration = self.configuration
        let pool = PostgresPool(
            configuration: configuration.database,
            size: 16,
            logger: Logger(label: "ringbridge.pool")
        )
        let database = Database(pool: pool)
        let listener = PostgresListener(
            configuration: configuration.database,
            logger: Logger(label: "ringbridge.listener")
        )
        var services: [any Service] = [
            pool, listener,
            PartitionKeeper(
                database: database,
                retention: self.only == .api ? nil : configuration.eventRetention,
                logger: Logger(label: "ringbridge.partitions")
            ),
        ]
        if self.only != .api {
            services += self.workers(database: database, listener: listener, http: http)
        }
        if self.only != .workers {
            services += self.api(database: database, listener: listener, metrics: metrics, spool: spool)
        }
        var group = ServiceGroupConfiguration(
            services: services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: self.logger
        )
        group.maximumGracefulShutdownDuration = Self.drainTime
        return group
    }

    private func workers(database: Database, listener: PostgresListener, http: PBXHTTPClient) -> [any Service] {
        let gateway = PBXGateway(
            http: http,
            defaultURL: self.configuration.pbxURL,
            database: database,
            keyRing: self.configuration.keyRing,
            logger: Logger(label: "ringbridge.pbx")
        )
        return [
            Assembler(
                database: database,
                listener: listener,
                defaults: self.configuration.assemblyDefaults,
                logger: Logger(label: "ringbridge.assembler")
            ),
            CallRetentionKeeper(
                database: database,
                retention: self.configuration.assemblyDefaults.callRetention,
                logger: Logger(label: "ringbridge.retention")
            ),
            DirectoryReader(
                database: database,
                listener: listener,
                gateway: gateway,
                logger: Logger(label: "ringbridge.directory")
            ),
            RecordingFinder(database: database, gateway: gateway, logger: Logger(label: "ringbridge.recordings")),
            Reconciler(
                database: database,
                listener: listener,
                gateway: gateway,
                keyRing: self.configuration.keyRing,
                publicURL: self.configuration.publicURL,
                driftCheckInterval: self.configuration.driftCheckInterval,
                logger: Logger(label: "ringbridge.reconciler")
            ),
            AgentReconciler(
                database: database,
                listener: listener,
                gateway: gateway,
                keyRing: self.configuration.keyRing,
                publicURL: self.configuration.publicURL,
                driftCheckInterval: self.configuration.driftCheckInterval,
                logger: Logger(label: "ringbridge.agents")
            ),
            SilenceDetector(database: database, gateway: gateway, logger: Logger(label: "ringbridge.silence")),
            InquiryAnswerer(
                database: database,
                listener: listener,
                previewer: PlanPreviewer(
                    database: database,
                    gateway: gateway,
                    keyRing: self.configuration.keyRing,
                    publicURL: self.configuration.publicURL
                ),
                checker: TenantChecker(
                    database: database,
                    gateway: gateway,
                    probe: PublicURLProbe(http: http),
                    keyRing: self.configuration.keyRing,
                    publicURL: self.configuration.publicURL
                ),
                locator: RecordingLocator(
                    database: database,
                    gateway: gateway,
                    keyRing: self.configuration.keyRing
                ),
                logger: Logger(label: "ringbridge.inquiries")
            ),
            TenantRemover(
                database: database,
                listener: listener,
                logger: Logger(label: "ringbridge.removal")
            ),
        ]
    }

    private func api(
        database: Database,
        listener: PostgresListener,
        metrics: PrometheusRegistry,
        spool: Spool?
    ) -> [any Service] {
        let configuration = self.configuration
        let eventSpool = spool.map { spool in
            EventSpool(
                spool: spool,
                store: LateEventStore(database: database),
                now: WebAPIDependencies.systemClock,
                logger: Logger(label: "ringbridge.spool")
            )
        }
        let intake = EventIntake(
            store: EventStore(database: database),
            spool: eventSpool,
            logger: Logger(label: "ringbridge.intake")
        )
        let tokens = TokenDirectory(database: database, listener: listener, logger: Logger(label: "ringbridge.tokens"))
        let exports = CallExports(database: database, logger: Logger(label: "ringbridge.exports"))
        let liveNews = LiveNews(database: database, listener: listener, logger: Logger(label: "ringbridge.live"))
        let webConfiguration = WebAPIConfiguration(
            publicURL: self.configuration.publicURL,
            trustedProxies: self.configuration.trustedProxies,
            operatorKeyDigest: self.configuration.operatorKeyDigest,
            assemblyDefaults: self.configuration.assemblyDefaults
        )
        let dependencies = WebAPIDependencies(
            database: database,
            listener: listener,
            keyRing: self.configuration.keyRing,
            intake: intake,
            tokens: tokens,
            exports: exports,
            liveNews: liveNews,
            renderMetrics: { metrics.render() },
            readiness: { await Self.readiness(of: database, keyRing: configuration.keyRing) },
            logger: Logger(label: "ringbridge.http")
        )
        // The spool ends after the intake, which may need it to the last.
        var services: [any Service] = [tokens] + (eventSpool.map { [$0] } ?? []) + [intake, exports, liveNews]
        services.append(
            self.listener(
                for: makeRouter(configuration: webConfiguration, dependencies: dependencies),
                port: self.configuration.httpPort,
                announcement: "listening on"
            )
        )
        if let ingestPort = self.configuration.ingestPort {
            services.append(
                self.listener(
                    for: makeIngestRouter(configuration: webConfiguration, dependencies: dependencies),
                    port: ingestPort,
                    announcement: "listening for events on"
                )
            )
        }
        return services
    }

    private func listener(for router: Router<APIContext>, port: Int, announcement: String) -> any Service {
        let host = self.configuration.httpHost
        return Application(
            router: router,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [StalledReaderHandler(), ContinueHandler()],
                    idleTimeout: .seconds(60)
                )
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: "ringbridge"
            ),
            onServerRunning: { channel in
                // For scripts: with port 0 nobody else knows the port.
                let text = "\(announcement) http://\(host):\(channel.localAddress?.port ?? port)\n"
                FileHandle.standardOutput.write(Data(text.utf8))
            },
            logger: Logger(label: "ringbridge.http")
        )
    }

    /// The database answers, the schema is ours, the role isolates tenants, and the key ring opens what is stored; otherwise
    /// the server does not start.
    private func checkDatabase() async throws {
        let connection = try await PostgresConnection.connect(self.configuration.database, logger: self.logger)
        let result: Result<Void, any Error>
        do {
            try await Migrator(connection: connection).verify()
            if let refusal = try await RuntimeRole.current(on: connection)?.refusal {
                throw CommandFailure(refusal)
            }
            try await Database.system(on: connection) { try await $0.proveKeyRingOpensAll(self.configuration.keyRing) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await connection.close()
        try result.get()
    }

    /// The spool with what an earlier process left in it; nil when there is none to be, or nothing here receives events.
    private func openSpool() async throws -> Spool? {
        guard let configuration = self.configuration.spool, self.only != .workers else { return nil }
        let spool = Spool(
            directory: configuration.directory,
            maximumBytes: configuration.maximumBytes,
            now: WebAPIDependencies.systemClock,
            logger: Logger(label: "ringbridge.spool")
        )
        do throws(SpoolError) {
            try await spool.open()
        } catch {
            throw CommandFailure(error.description)
        }
        return spool
    }

    /// The checks of `/readyz`.
    private static func readiness(of database: Database, keyRing: KeyRing) async -> [ReadinessCheck] {
        let schema: String?
        do throws(PoolError<any Error>) {
            try await database.pool.withConnection { connection throws(any Error) in
                try await Migrator(connection: connection).verify()
            }
            schema = nil
        } catch .body(let failure as Migrator.Failure) {
            schema = failure.description
        } catch .lease(let error) {
            return Self.checks(database: error.message, schema: Self.unknown, keyRing: nil)
        } catch {
            return Self.checks(database: "the database does not answer", schema: Self.unknown, keyRing: nil)
        }
        do {
            try await database.system { try await $0.proveKeyRing(keyRing) }
            return Self.checks(database: nil, schema: schema, keyRing: nil)
        } catch let error as KeyRing.OpenError {
            return Self.checks(database: nil, schema: schema, keyRing: error.description)
        } catch {
            return Self.checks(database: "the database does not answer", schema: schema, keyRing: nil)
        }
    }

    private static let unknown = "unknown while the database is away"

    /// Each argument says what is wrong; nil: nothing.
    private static func checks(database: String?, schema: String?, keyRing: String?) -> [ReadinessCheck] {
        [
            ReadinessCheck(name: "database", ok: database == nil, detail: database ?? "the database answers"),
            ReadinessCheck(name: "schema", ok: schema == nil, detail: schema ?? "the schema is this program's"),
            ReadinessCheck(
                name: "key_ring",
                ok: keyRing == nil,
                detail: keyRing ?? "the key ring opens what is stored"
            ),
        ]
    }
}
