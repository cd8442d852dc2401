import HTTPTypes
import Hummingbird

/// The forms in which something can be answered.
enum MediaType: String {
    case json = "application/json"
    case eventStream = "text/event-stream"
    case csv = "text/csv"
    case ndjson = "application/x-ndjson"
}

extension Request {
    /// The form that the reader likes best; of equally good ones the first of `offered`.
    ///
    /// - Throws: ``HTTPProblem`` 406 when the header `Accept` excludes them all.
    func preferredForm(of offered: [MediaType]) throws(HTTPProblem) -> MediaType {
        guard let header = self.headers[.accept] else { return offered[0] }
        guard let type = MediaRange.preferred(of: offered, accept: header) else { throw HTTPProblem(.notAcceptable) }
        return type
    }
}

/// Media types in headers (RFC 9110, 8.3 and 12.5.1).
enum MediaRange {
    /// Whether a content type is JSON.
    static func isJSON(_ contentType: String) -> Bool {
        let type = Self.essence(contentType)
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    /// Whether a content type is CSV.
    static func isCSV(_ contentType: String) -> Bool { Self.essence(contentType) == MediaType.csv.rawValue }

    /// The best of the types for an `Accept` header, of equally good ones the first; nil when it takes none of them.
    static func preferred(of offered: [MediaType], accept: String) -> MediaType? {
        let ranges = accept.split(separator: ",")
        guard !ranges.isEmpty else { return offered.first }
        var best: (type: MediaType, weight: Double)?
        for type in offered {
            let weight = Self.weight(of: type, in: ranges)
            if weight > best?.weight ?? 0 {
                best = (type, weight)
            }
        }
        return best?.type
    }

    /// The weight that the most specific range which covers the type gives it; 0 when none does.
    private static func weight(of type: MediaType, in ranges: [Substring]) -> Double {
        let group = type.rawValue.prefix { $0 != "/" }
        for covering in [type.rawValue, "\(group)/*", "*/*"] {
            let weights = ranges.filter { Self.essence($0) == covering }.map(Self.weight(of:))
            if let weight = weights.max() {
                return weight
            }
        }
        return 0
    }

    private static func weight(of range: Substring) -> Double {
        for parameter in range.split(separator: ";").dropFirst() {
            let text = parameter.filter { !$0.isWhitespace }.lowercased()
            if text.hasPrefix("q=") {
                return Double(text.dropFirst(2)).map { min(max($0, 0), 1) } ?? 1
            }
        }
        return 1
    }

    private static func essence(_ text: some StringProtocol) -> String {
        String(text.prefix { $0 != ";" }).filter { !$0.isWhitespace }.lowercased()
    }
}

/// Refuses requests whose `Accept` excludes JSON (406), on routes that answer with it.
struct JSONAcceptMiddleware: RouterMiddleware {
    typealias Context = APIContext

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        _ = try request.preferredForm(of: [.json])
        return try await next(request, context)
    }
}
