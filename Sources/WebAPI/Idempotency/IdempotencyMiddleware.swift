import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Storage

/// Makes a POST with an `Idempotency-Key` once: its repetitions, for a day, get the answer of the first.
///
/// An answer of 409, 429 or 5xx is not kept: the request counts as never made. Inside of it errors must have become answers
/// already, so that they are kept as they were said.
struct IdempotencyMiddleware: RouterMiddleware {
    typealias Context = APIContext

    /// Of a body, in bytes: the most that any route takes.
    private static let maximumBody = 4 << 20

    let database: Database
    /// How long a request whose process died keeps its key.
    let lease: Duration

    func handle(
        _ request: Request,
        context: APIContext,
        next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard request.method == .post, request.headers.contains(.idempotencyKey), let access = context.access else {
            return try await next(request, context)
        }
        let keys = request.headers[values: .idempotencyKey]
        guard keys.count == 1, let key = IdempotencyKey.read(keys[0]) else {
            throw HTTPProblem(
                .badRequest,
                detail: LocalizedText(
                    ru: "Idempotency-Key: один заголовок, от 1 до 255 видимых знаков ASCII.",
                    en: "Idempotency-Key: one header of 1 to 255 visible ASCII characters."
                )
            )
        }
        let body = try await request.bytes(upTo: Self.maximumBody)
        let beginning = try await self.database.system { transaction in
            try await transaction.idempotency.begin(
                IdempotentRequest(
                    tenantID: access.established?.tenant.id,
                    principal: access.principal.actor,
                    key: key,
                    method: request.method.rawValue,
                    target: request.head.path ?? "",
                    body: body
                ),
                claimID: UUID(),
                lease: self.lease
            )
        }
        switch beginning {
        case .answered(let answer): return try Response(repeating: answer)
        case .inProgress: throw HTTPProblem.requestInProgress
        case .reused: throw HTTPProblem(.idempotencyKeyReused)
        case .first(let claim):
            var request = request
            request.body = RequestBody(buffer: ByteBuffer(bytes: body))
            var context = context
            let attempt = IdempotentAttempt(claim)
            context.attempt = attempt
            return try await self.answer(attempt, request, context, next)
        }
    }

    private func answer(
        _ attempt: IdempotentAttempt,
        _ request: Request,
        _ context: APIContext,
        _ next: @concurrent (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response = try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.prolong(attempt.claim, logger: context.logger) }
            return try await next(request, context)
        }
        guard !attempt.isKept else { return response }
        let isMade = response.status.code < 500 && ![.conflict, .tooManyRequests].contains(response.status)
        var answer: IdempotentAnswer?
        if isMade {
            let collector = BodyCollector()
            try await response.body.write(collector)
            response.body = ResponseBody(byteBuffer: collector.buffer)
            answer = IdempotentAnswer(
                status: response.status,
                headers: response.headers,
                body: Array(collector.buffer.readableBytesView)
            )
        }
        do {
            try await self.database.system { transaction in
                guard let answer else { return try await transaction.idempotency.release(attempt.claim) }
                // A claim that was lost meanwhile is somebody else's to keep.
                _ = try await transaction.idempotency.keep(answer, of: attempt.claim)
            }
        } catch {
            // The work is done, so its answer goes out; a repetition is made anew when the lease has run out.
            context.logger.warning(
                "the answer to an idempotent request could not be kept",
                metadata: ["error": "\((error as? StorageError)?.description ?? "\(type(of: error))")"]
            )
        }
        return response
    }

    /// Prolongs the claim until it is cancelled.
    private func prolong(_ claim: IdempotencyClaim, logger: Logger) async {
        while (try? await Task.sleep(for: self.lease / 3)) != nil {
            do {
                try await self.database.system { try await $0.idempotency.prolong(claim, lease: self.lease) }
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning(
                    "a claim could not be prolonged; it will be tried again",
                    metadata: ["error": "\((error as? StorageError)?.description ?? "\(type(of: error))")"]
                )
            }
        }
    }
}

extension Response {
    /// - Throws: ``JSONParser/Malformed`` when what was kept cannot be read.
    fileprivate init(repeating answer: IdempotentAnswer) throws {
        var headers = HTTPFields()
        for member in try JSONParser.parse(answer.headers).members ?? [] {
            if let name = HTTPField.Name(member.name) {
                headers[name] = member.value.text
            }
        }
        headers[.idempotencyReplayed] = "true"
        self.init(
            status: HTTPResponse.Status(code: answer.status),
            headers: headers,
            body: answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }
}

/// Collects a body that is at hand whole.
private final class BodyCollector: ResponseBodyWriter {
    var buffer = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws {
        self.buffer.writeImmutableBuffer(buffer)
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
