import HTTPTypes
import Hummingbird
import Logging
import Telephony

/// One line for each answer: route template, never the path or the query, since event URLs hold their secret in the path.
struct AccessLogMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let level = Self.level(route: context.route, status: response.status)
        guard level >= context.logger.logLevel else { return response }
        var metadata: Logger.Metadata = [
            "http.method": .string(KnownMethod.name(request.method)),
            "http.route": .string(context.route),
            "http.status": .stringConvertible(response.status.code),
            "duration.ms": .stringConvertible((ContinuousClock.now - start).milliseconds),
        ]
        metadata["http.bytes"] = response.body.contentLength.map { .stringConvertible($0) }
        metadata["tenant.id"] = context.trail.tenantID.map { .string($0.rawValue) }
        metadata["actor"] = context.trail.actor.map { .string($0) }
        context.logger.log(level: level, "request", metadata: metadata)
        return response
    }

    /// Events and probes are many: what went well with them is said at debug level only.
    private static func level(route: String, status: HTTPResponse.Status) -> Logger.Level {
        let isFrequent =
            route.hasPrefix("/ext-event/") || route.hasPrefix("/agent-event/")
            || ["/healthz", "/readyz", "/metrics"].contains(route)
        return isFrequent && status.code < 400 ? .debug : .info
    }
}

/// The method as logs and metrics show it: what a sender invents does not become a label.
enum KnownMethod {
    private static let names: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]

    static func name(_ method: HTTPRequest.Method) -> String {
        Self.names.contains(method.rawValue) ? method.rawValue : "OTHER"
    }
}

extension APIContext {
    /// The template of the matched route.
    var route: String { self.endpointPath ?? "NotFound" }
}

extension Duration {
    /// Whole milliseconds and three decimals.
    var milliseconds: Double {
        let (seconds, attoseconds) = self.components
        let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
        return Double(microseconds) / 1_000
    }
}
