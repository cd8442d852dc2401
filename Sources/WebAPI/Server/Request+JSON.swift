import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// Reads the body as JSON.
    ///
    /// `limit`: in bytes.
    /// - Throws: ``HTTPProblem``: 415 for another content type, 413 beyond the limit, 400 for malformed JSON.
    func json(upTo limit: Int = 1 << 20) async throws -> JSONValue {
        guard self.headers[.contentType].map(MediaRange.isJSON) ?? true else {
            throw HTTPProblem(.unsupportedMediaType)
        }
        let bytes = try await self.bytes(upTo: limit)
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw HTTPProblem(
                .malformedJSON,
                detail: LocalizedText(
                    ru: "Ошибка в теле запроса, байт \(error.offset).",
                    en: "The body is not JSON; error at byte \(error.offset)."
                )
            )
        }
    }

    /// Reads the whole body.
    ///
    /// - Throws: ``HTTPProblem`` 413 beyond the limit; 400 when the sender broke off.
    func bytes(upTo limit: Int) async throws -> [UInt8] {
        let announced = self.headers[.contentLength].flatMap { Int($0) }
        guard announced ?? 0 <= limit else { throw HTTPProblem(.bodyTooLarge) }
        let body: ByteBuffer
        do {
            body = try await self.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw HTTPProblem(.bodyTooLarge)
        } catch let error as CancellationError {
            throw error
        } catch {
            // The sender broke off or broke the protocol: nothing else can fail here.
            throw HTTPProblem(.badRequest)
        }
        guard announced == nil || announced == body.readableBytes else { throw HTTPProblem(.badRequest) }
        return Array(body.readableBytesView)
    }
}

extension Response {
    /// A JSON answer.
    static func json(
        _ value: JSONValue,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.bytes))
        )
    }

    /// A page of a list.
    static func page(_ data: [JSONValue], next: String?) -> Response {
        .json(["data": .array(data), "next_cursor": JSONValue(next)])
    }
}

/// Media types in headers (RFC 9110, 8.3 and 12.5.1).
enum MediaRange {
    /// Whether a content type is JSON.
    static func isJSON(_ contentType: String) -> Bool {
        let type = Self.essence(contentType)
        return type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
    }

    /// Whether an `Accept` header takes JSON.
    static func acceptsJSON(_ accept: String) -> Bool {
        let ranges = accept.split(separator: ",")
        return ranges.isEmpty
            || ranges.contains { range in
                let isRefused = range.split(separator: ";").dropFirst().contains { parameter in
                    let text = parameter.filter { !$0.isWhitespace }.lowercased()
                    return text.hasPrefix("q=") && Double(text.dropFirst(2)) == 0
                }
                return !isRefused && ["*/*", "application/*", "application/json"].contains(Self.essence(range))
            }
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
        guard request.headers[.accept].map(MediaRange.acceptsJSON) ?? true else { throw HTTPProblem(.notAcceptable) }
        return try await next(request, context)
    }
}
