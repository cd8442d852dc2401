import HTTPTypes
import NIOCore
import Storage

/// An answer that is an error (RFC 9457). Handlers throw it; ``ProblemMiddleware`` writes it in the reader's language.
struct HTTPProblem: Error, Sendable {
    var code: ProblemCode
    /// What happened in this case; nil: the code's own text. Never holds a secret or a whole URL.
    var detail: LocalizedText?
    var failures: [FieldFailure]
    var headers: HTTPFields

    init(
        _ code: ProblemCode,
        detail: LocalizedText? = nil,
        failures: [FieldFailure] = [],
        headers: HTTPFields = [:]
    ) {
        self.code = code
        self.detail = detail
        self.failures = failures
        self.headers = headers
    }

    /// A problem that goes by itself: the sender is told when to come again.
    static func temporary(_ code: ProblemCode, retryAfterSeconds: Int) -> HTTPProblem {
        HTTPProblem(code, headers: [.retryAfter: String(retryAfterSeconds)])
    }

    /// A query parameter or a part of the path that cannot be read.
    static func parameter(_ name: String, _ detail: LocalizedText) -> HTTPProblem {
        HTTPProblem(
            .invalidParameter,
            failures: [FieldFailure(pointer: "?\(name)", code: .invalidValue, detail: detail)]
        )
    }
}
