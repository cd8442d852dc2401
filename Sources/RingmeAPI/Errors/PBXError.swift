/// Why the PBX did not do what was asked. Its texts hold no secret and no event URL.
package struct PBXError: Error, Sendable, Hashable {
    /// The kind of failure.
    package enum Code: Sendable, Hashable {
        /// The request was never sent: an argument or the PBX's URL is not usable.
        case invalidRequest
        /// The request was never sent: the gate did not admit it, and knows why.
        case heldBack
        /// The PBX rejects the application's credentials, or a token just got with them.
        case unauthorized
        /// The application or its user may not do this (403); `vendorStatus` tells which of the two.
        case accessDenied
        /// The resource is not there (404).
        case notFound
        /// The hourly budget is used up (429). Without a time the PBX gave none.
        case rateLimited(retryAfter: Duration?)
        /// A request to the same resource is still running (the second kind of 429).
        case concurrentRequest
        /// Any other status that is no success: a 4xx, or a redirect, which is never followed.
        case refused(status: Int)
        /// No connection, or an answer 5xx.
        case unavailable
        /// An answer that is not what the API promises: HTML, broken JSON, an id missing, too large.
        case unparsable
        /// No connection or no answer within the time.
        case timedOut
        /// The calling task was cancelled.
        case cancelled
    }

    /// The kind of failure.
    package var code: Code
    /// What was asked.
    package var operation: PBXOperation
    /// The status of the answer, nil when there was none.
    package var httpStatus: Int?
    /// The vendor's word beside the status, for example `access_denied` or `rate_limit_exceeded`.
    package var vendorStatus: String?
    /// The PBX's own words or ours; at most 200 characters, fit for logs and for people.
    package var message: String
    /// Whether the PBX may have made what was asked although no answer says so: only of requests that create something.
    /// The caller then looks at a fresh list before it asks again.
    package var outcomeUnknown: Bool

    /// An error.
    ///
    /// - Parameters:
    ///   - code: the kind of failure.
    ///   - operation: what was asked.
    ///   - httpStatus: the status of the answer.
    ///   - vendorStatus: the vendor's word beside the status.
    ///   - message: text in any form; URLs and what looks like a secret are taken out of it.
    ///   - outcomeUnknown: whether the PBX may have done what was asked.
    package init(
        _ code: Code,
        operation: PBXOperation,
        httpStatus: Int? = nil,
        vendorStatus: String? = nil,
        message: String = "",
        outcomeUnknown: Bool = false
    ) {
        self.code = code
        self.operation = operation
        self.httpStatus = httpStatus
        self.vendorStatus = vendorStatus
        self.message = safeMessage(message, hiding: [])
        self.outcomeUnknown = outcomeUnknown
    }

    /// Whether the same request may succeed later with nothing changed by people.
    package var isRetryable: Bool {
        switch self.code {
        case .heldBack, .rateLimited, .concurrentRequest, .unavailable, .unparsable, .timedOut, .cancelled: true
        case .invalidRequest, .unauthorized, .accessDenied, .notFound, .refused: false
        }
    }

    /// How long the PBX, or the rule for concurrent requests, says to wait; nil when nothing says.
    package var retryAfter: Duration? {
        switch self.code {
        case .rateLimited(let delay): delay
        case .concurrentRequest: .seconds(5)
        default: nil
        }
    }
}

extension PBXError: CustomStringConvertible {
    package var description: String {
        let facts = [self.httpStatus.map { String($0) }, self.vendorStatus].compactMap { $0 }.joined(separator: " ")
        var text = "\(self.operation.rawValue): \(self.code.name)"
        if !facts.isEmpty { text += " (\(facts))" }
        if !self.message.isEmpty { text += ": \(self.message)" }
        if self.outcomeUnknown { text += " [outcome unknown]" }
        return text
    }
}

extension PBXError.Code {
    /// The code as a word for logs and metrics.
    package var name: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .heldBack: "held_back"
        case .unauthorized: "unauthorized"
        case .accessDenied: "access_denied"
        case .notFound: "not_found"
        case .rateLimited: "rate_limited"
        case .concurrentRequest: "concurrent_request"
        case .refused: "refused"
        case .unavailable: "unavailable"
        case .unparsable: "unparsable"
        case .timedOut: "timed_out"
        case .cancelled: "cancelled"
        }
    }
}
