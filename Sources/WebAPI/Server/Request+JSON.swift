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
