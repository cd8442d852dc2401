import FoundationEssentials

extension PBXError {
    /// The error that an answer without success means (codes and texts of the vendor's page "Returned codes and
    /// statuses").
    ///
    /// - Parameters:
    ///   - answer: an answer whose status is not 2xx.
    ///   - request: what was asked.
    ///   - secrets: texts that the message must not repeat.
    init(answer: PBXAnswer, to request: PBXRequest, hiding secrets: [String]) {
        let body = ErrorBody(answer.body)
        self.init(
            Self.code(of: answer, body: body),
            operation: request.operation,
            httpStatus: answer.status,
            vendorStatus: body?.status,
            // A proxy in front of the PBX may have passed a request on before it answered 5xx.
            outcomeUnknown: request.isCreating && answer.status >= 500
        )
        self.message = safeMessage(body?.text ?? "", hiding: secrets + request.secrets)
    }

    /// The error that a refused or failed token request means. A 404 there says nothing of the resource that was asked
    /// for.
    ///
    /// - Parameters:
    ///   - answer: an answer of the token endpoint whose status is not 2xx.
    ///   - secrets: texts that the message must not repeat.
    init(tokenAnswer answer: PBXAnswer, hiding secrets: [String]) {
        let body = ErrorBody(answer.body)
        var code = Self.code(of: answer, body: body)
        switch answer.status {
        // Which of these a wrong secret gives is not documented; RFC 6749 5.2 says 400 or 401.
        case 400, 401, 403: code = .unauthorized
        case 404: code = .refused(status: 404)
        default: break
        }
        self.init(code, operation: .token, httpStatus: answer.status, vendorStatus: body?.status)
        self.message = safeMessage(body?.text ?? "", hiding: secrets)
    }

    /// The error of a request that got no answer.
    ///
    /// - Parameters:
    ///   - failure: why there is none.
    ///   - operation: what was asked.
    ///   - isCreating: whether the request makes something new.
    init(_ failure: PBXTransport.Failure, operation: PBXOperation, isCreating: Bool) {
        let (code, message): (Code, String) =
            switch failure {
            case .cancelled: (.cancelled, "The request was cancelled.")
            case .connectTimedOut: (.timedOut, "No connection to the PBX within its time.")
            case .timedOut: (.timedOut, "No answer from the PBX within its time.")
            case .connectionLost: (.unavailable, "The connection to the PBX failed or broke.")
            case .tooLarge: (.unparsable, "The answer is too large.")
            case .undecodable: (.unparsable, "The answer could not be unpacked.")
            }
        self.init(
            code,
            operation: operation,
            message: message,
            outcomeUnknown: isCreating && failure != .connectTimedOut
        )
    }

    private static func code(of answer: PBXAnswer, body: ErrorBody?) -> Code {
        switch answer.status {
        case 401: .unauthorized
        case 403: .accessDenied
        // A web server's own page says that the address is wrong, not that the PBX has no such row.
        case 404: body == nil && !answer.body.isEmpty ? .unparsable : .notFound
        case 429 where body?.isAboutConcurrency == true: .concurrentRequest
        case 429: .rateLimited(retryAfter: Self.delay(of: answer))
        case 408, 500...: .unavailable
        default: .refused(status: answer.status)
        }
    }

    /// The time until the budget's reset, at least a second.
    private static func delay(of answer: PBXAnswer) -> Duration? {
        (answer.rateLimit?.resetSeconds ?? answer.retryAfterSeconds).map { .seconds(max(1, $0)) }
    }
}

/// The JSON of an error: `{"message": …, "status": …}` of the API, `{"error": …, "error_description": …}` of OAuth.
private struct ErrorBody: Decodable {
    var text: String
    var status: String?

    private enum CodingKeys: String, CodingKey {
        case message, status, error
        case description = "error_description"
    }

    /// The error in a body; nil when the body is no JSON object.
    init?(_ body: [UInt8]) {
        guard let error = try? JSONDecoder().decode(ErrorBody.self, from: Data(body)) else { return nil }
        self = error
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        self.text = ([.message, .error, .description] as [CodingKeys]).compactMap { object.tolerantText($0) }
            .joined(separator: ": ")
        self.status = object.tolerantText(.status).flatMap { word in
            let isWord = word.utf8.count <= 64 && word.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            return isWord ? safeMessage(word, hiding: []) : nil
        }
    }

    /// Whether a 429 is of the second kind: "Stats request already exists, concurrent request not allowed".
    var isAboutConcurrency: Bool {
        self.status != "rate_limit_exceeded" && self.text.lowercased().contains("concurrent")
    }
}
