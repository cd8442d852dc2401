import HTTPTypes
import Storage
import Synchronization

/// A request with an Idempotency-Key that is being made now.
final class IdempotentAttempt: Sendable {
    let claim: IdempotencyClaim
    private let kept = Mutex(false)

    init(_ claim: IdempotencyClaim) {
        self.claim = claim
    }

    /// Whether the handler itself has kept the answer.
    var isKept: Bool { self.kept.withLock { $0 } }

    /// For a handler whose answer holds a secret, or whose work may not be done twice even when the process dies before the
    /// answer: keeps what a repetition is answered in the transaction that does the work.
    ///
    /// - Throws: ``HTTPProblem`` 409 when somebody else has taken the request over: then nothing may be done.
    func keep(_ answer: IdempotentAnswer, in transaction: SystemTransaction) async throws {
        guard try await transaction.idempotency.keep(answer, of: self.claim) else {
            throw HTTPProblem.requestInProgress
        }
        self.kept.withLock { $0 = true }
    }
}

extension IdempotentAnswer {
    init(status: HTTPResponse.Status, headers: HTTPFields, body: [UInt8]) {
        let members = headers.map { JSONValue.Member(name: $0.name.canonicalName, value: .string($0.value)) }
        self.init(status: status.code, headers: JSONValue.object(members).bytes, body: body)
    }
}

extension HTTPProblem {
    /// The first of several equal requests is still being made.
    static let requestInProgress = HTTPProblem.temporary(.requestInProgress, retryAfterSeconds: 1)
}
