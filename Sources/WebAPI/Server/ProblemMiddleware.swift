import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Postgres
import Storage
import Telephony

/// Turns every error into a problem (RFC 9457), in the reader's language. The only place where errors become answers.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIContext

    /// Without a slash at its end.
    let publicURL: String
    let defaultLanguage: Language
    let allowedMethods: AllowedMethods

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let problem = self.problem(for: error, request: request, context: context)
            let language =
                AcceptLanguage.preferred(request.headers[.acceptLanguage]) ?? context.trail.locale
                ?? self.defaultLanguage
            response = self.response(problem, language: language, requestID: context.requestID)
        }
        if response.headers[.cacheControl] == nil {
            response.headers[.cacheControl] = "no-store"
        }
        response.headers[.referrerPolicy] = "no-referrer"
        response.headers[.xContentTypeOptions] = "nosniff"
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func problem(for error: any Error, request: Request, context: APIContext) -> HTTPProblem {
        switch error {
        case let problem as HTTPProblem:
            return problem
        case let error as IntakeError:
            return HTTPProblem(error)
        case let error as HTTPError where error.status == .notFound && context.endpointPath == "NotFound":
            guard let match = self.allowedMethods.match(request.uri.path) else { return HTTPProblem(.notFound) }
            context.coreContext.endpointPath.value = match.route
            return HTTPProblem(.methodNotAllowed, headers: [.allow: match.methods.joined(separator: ", ")])
        case let error as any HTTPResponseError where error.status.code < 500:
            return HTTPProblem(Self.code(of: error.status))
        case let error as StorageError where error.code == .unavailable:
            context.logger.warning("the database is unavailable", metadata: ["error": .string(error.description)])
            return .temporary(.databaseUnavailable, retryAfterSeconds: 1)
        case let error as StorageError where error.cause.code == .poolClosed || error.cause.code == .cancelled:
            return .temporary(.shuttingDown, retryAfterSeconds: 1)
        case is CancellationError:
            // The client went, or the process is ending: hardly anybody reads this.
            return .temporary(.shuttingDown, retryAfterSeconds: 1)
        case let error as StorageError:
            // Its description holds neither values nor passwords; other errors' may, so only their type is said.
            context.logger.error("a request failed", metadata: ["error": .string(error.description)])
            return HTTPProblem(.internalError)
        default:
            context.logger.error("a request failed", metadata: ["error.type": .string("\(type(of: error))")])
            return HTTPProblem(.internalError)
        }
    }

    private static func code(of status: HTTPResponse.Status) -> ProblemCode {
        switch status {
        case .contentTooLarge: .bodyTooLarge
        case .notFound: .notFound
        case .unsupportedMediaType: .unsupportedMediaType
        default: .badRequest
        }
    }

    private func response(_ problem: HTTPProblem, language: Language, requestID: String) -> Response {
        let entry = problem.code.entry
        let body: JSONValue = [
            "type": .string("\(self.publicURL)/problems/\(problem.code.rawValue)"),
            "title": .string(entry.title[language]),
            "status": .integer(Int64(problem.code.status.code)),
            "detail": .string((problem.detail ?? entry.advice)[language]),
            "code": .string(problem.code.rawValue),
            "errors": .array(problem.failures.map { $0.json(in: language) }),
            "request_id": .string(requestID),
        ]
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        headers[.contentLanguage] = language.rawValue
        headers[.vary] = "Accept-Language"
        return Response(
            status: problem.code.status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.bytes))
        )
    }
}
