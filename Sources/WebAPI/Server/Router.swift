import HTTPTypes
package import Hummingbird
import Logging

/// The routes of the main listener.
package func makeRouter(
    configuration: WebAPIConfiguration,
    dependencies: WebAPIDependencies
) -> Router<APIContext> {
    let (router, allowedMethods) = makeEmptyRouter(configuration)
    addEventURLs(to: router, configuration: configuration, dependencies: dependencies)
    let problems = problemMiddleware(configuration, allowedMethods: allowedMethods)
    HealthRoutes(dependencies: dependencies).add(to: router)
    ProblemPage().add(to: router)
    OpenAPIRoutes().add(to: router)

    let authentication = Authentication(configuration: configuration, database: dependencies.database)
    let authenticated = router.group().add(middleware: authentication)
    MetricsRoute(render: dependencies.renderMetrics).add(to: authenticated.group(context: OperatorContext.self))

    let changes = ChangeWait(
        listener: dependencies.listener,
        liveNews: dependencies.liveNews,
        database: dependencies.database
    )
    let idempotency = IdempotencyMiddleware(database: dependencies.database, lease: configuration.idempotencyLease)
    let json = authenticated.group().add(middleware: JSONAcceptMiddleware())
    // Errors become answers here already, so that they are kept for repetitions as others are.
    json.add(middleware: idempotency).add(middleware: problems)
    let tenants = json.group("admin/v1/tenants", context: OperatorContext.self)
    TenantRoutes(database: dependencies.database, keyRing: dependencies.keyRing).add(to: tenants)
    TenantRemovalRoute(database: dependencies.database, changes: changes).add(to: tenants)
    TenantCheckRoute(inquiries: InquiryWait(database: dependencies.database, changes: changes)).add(to: tenants)
    KeyRoutes(database: dependencies.database, now: dependencies.now).add(to: tenants)

    let tenant = json.group("admin/v1/tenants/{tenant}", context: TenantAdminContext.self)
    let writer = MappingWriter(database: dependencies.database, keyRing: dependencies.keyRing, changes: changes)
    UserRoutes(database: dependencies.database, writer: writer).add(to: tenant)
    ExtensionRoutes(database: dependencies.database, changes: changes).add(to: tenant)
    TokenRotationRoute(
        database: dependencies.database,
        keyRing: dependencies.keyRing,
        changes: changes
    ).add(to: tenant)
    MappingRoutes(database: dependencies.database, writer: writer, changes: changes).add(to: tenant)
    MappingImportRoute(writer: writer).add(to: tenant)

    EventListRoute(database: dependencies.database).add(to: tenant)
    let audit = AuditRoutes(database: dependencies.database)
    audit.add(to: tenant)
    audit.add(to: json.group("admin/v1", context: OperatorContext.self))

    let explanations = ExplainRoutes(database: dependencies.database, defaults: configuration.assemblyDefaults)
    explanations.add(to: tenant)

    let connector = json.group("v1", context: ConnectorContext.self)
    CallRoutes(database: dependencies.database).add(to: connector)
    AgentRoutes(database: dependencies.database).add(to: connector)
    explanations.add(to: connector)
    ConnectorRoutes(database: dependencies.database).add(to: connector)

    // These have other forms than JSON too.
    let reader = authenticated.group("v1", context: ConnectorContext.self)
    CallListRoute(database: dependencies.database, exports: dependencies.exports).add(to: reader)
    RecordingRoute(
        database: dependencies.database,
        keyRing: dependencies.keyRing,
        inquiries: InquiryWait(database: dependencies.database, changes: changes),
        now: dependencies.now
    ).add(to: reader)
    let streams = EventStreams(
        database: dependencies.database,
        changes: changes,
        limits: configuration.eventStreams
    )
    FeedRoute(database: dependencies.database, changes: changes, streams: streams).add(to: reader)
    LiveRoute(database: dependencies.database, changes: changes, streams: streams).add(to: reader)

    allowedMethods.learn(router.routes.map { ($0.path.description, $0.method) })
    return router
}

/// The routes of the listener of `INGEST_PORT`: event URLs only.
package func makeIngestRouter(
    configuration: WebAPIConfiguration,
    dependencies: WebAPIDependencies
) -> Router<APIContext> {
    let (router, allowedMethods) = makeEmptyRouter(configuration)
    addEventURLs(to: router, configuration: configuration, dependencies: dependencies)
    allowedMethods.learn(router.routes.map { ($0.path.description, $0.method) })
    return router
}

/// The event URLs of extensions and agents, which share the limit for unknown tokens.
private func addEventURLs(
    to router: Router<APIContext>,
    configuration: WebAPIConfiguration,
    dependencies: WebAPIDependencies
) {
    let gate = EventGate(configuration: configuration)
    EventRoutes(gate: gate, dependencies: dependencies).add(to: router)
    AgentEventRoutes(gate: gate, dependencies: dependencies).add(to: router)
}

/// A router with what every request passes through, outermost first.
private func makeEmptyRouter(_ configuration: WebAPIConfiguration) -> (Router<APIContext>, AllowedMethods) {
    let router = Router(context: APIContext.self)
    let allowedMethods = AllowedMethods()
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: RequestMetricsMiddleware())
    router.add(middleware: problemMiddleware(configuration, allowedMethods: allowedMethods))
    return (router, allowedMethods)
}

private func problemMiddleware(
    _ configuration: WebAPIConfiguration,
    allowedMethods: AllowedMethods
) -> ProblemMiddleware {
    var publicURL = Substring(configuration.publicURL)
    while publicURL.last == "/" {
        publicURL.removeLast()
    }
    return ProblemMiddleware(
        publicURL: String(publicURL),
        defaultLanguage: configuration.defaultLanguage,
        allowedMethods: allowedMethods
    )
}
