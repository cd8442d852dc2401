import HTTPTypes
import Hummingbird
import Metrics
import Synchronization

/// Counts and times answers by route template, method and status: sets that a sender cannot enlarge.
struct RequestMetricsMiddleware: RouterMiddleware {
    typealias Context = APIContext

    private let series = RequestSeries()

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let labels = RequestSeries.Labels(
            route: context.route,
            method: KnownMethod.name(request.method),
            status: response.status.code
        )
        self.series.timer(labels).record(duration: ContinuousClock.now - start)
        return response
    }
}

/// The metric objects, each made once.
private final class RequestSeries: Sendable {
    struct Labels: Hashable {
        var route: String
        var method: String
        var status: Int
    }

    private let timers = Mutex<[Labels: Timer]>([:])

    func timer(_ labels: Labels) -> Timer {
        self.timers.withLock { timers in
            if let timer = timers[labels] {
                return timer
            }
            let timer = Timer(
                label: "http_server_request_duration",
                dimensions: [
                    ("route", labels.route), ("method", labels.method), ("status", String(labels.status)),
                ]
            )
            timers[labels] = timer
            return timer
        }
    }
}
