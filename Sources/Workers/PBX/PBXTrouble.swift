import FoundationEssentials
import Postgres
import RingmeAPI
import Storage

/// What a failed request means for a run: the problem to show, and whether trying again can help.
struct PBXTrouble: Sendable {
    var problem: Problem
    /// Nil: terminal until something changes.
    var retryAfterSeconds: Int?

    /// `attempts`: runs that failed before, for the delay.
    init(_ failure: PBXFailure, attempts: Int) {
        switch failure {
        case .overBudget(let seconds):
            self.init(.rateLimited, Details(waitSeconds: seconds), retryAfterSeconds: seconds)
        case .pbx(let error):
            let details = Details(
                httpStatus: error.httpStatus,
                vendorStatus: error.vendorStatus,
                message: error.message.isEmpty ? nil : error.message
            )
            switch error.code {
            case .unauthorized:
                self.init(.credentialsRejected, details, retryAfterSeconds: nil)
            case .accessDenied:
                self.init(.accessDenied, details, retryAfterSeconds: nil)
            case .notFound:
                self.init(.extensionGone, details, retryAfterSeconds: nil)
            case .concurrentRequest:
                self.init(.rateLimited, Details(waitSeconds: 5), retryAfterSeconds: 5)
            case .invalidRequest:
                self.init(.pbxUnreachable, details, retryAfterSeconds: nil)
            // The budget's own waits are `overBudget`.
            case .heldBack, .rateLimited, .refused, .unavailable, .unparsable, .timedOut, .cancelled:
                self.init(
                    .pbxUnreachable,
                    details,
                    retryAfterSeconds: Self.backoff(attempts, first: 2, most: 900)
                )
            }
        }
    }

    private init(_ code: Problem.Code, _ details: Details, retryAfterSeconds: Int?) {
        self.problem = Problem(code: code, data: PostgresJSON(encoding: details))
        self.retryAfterSeconds = retryAfterSeconds
    }

    private struct Details: Encodable {
        var httpStatus: Int?
        var vendorStatus: String?
        var message: String?
        var waitSeconds: Int?

        enum CodingKeys: String, CodingKey {
            case httpStatus = "http_status"
            case vendorStatus = "vendor_status"
            case message
            case waitSeconds = "wait_seconds"
        }
    }

    /// Doubles from `first` to `most` seconds.
    static func backoff(_ attempts: Int, first: Int, most: Int) -> Int {
        min(first << min(max(attempts, 0), 12), most)
    }
}

extension Problem {
    /// A secret of the tenant cannot be opened, so nothing can be done on its PBX.
    init(_ error: KeyRing.OpenError) {
        self.init(code: .credentialsRejected, data: PostgresJSON(encoding: ["message": error.description]))
    }
}

extension PostgresJSON {
    /// A value as a JSON object; the empty one when it cannot be encoded, which no value of ours meets.
    init(encoding value: some Encodable) {
        self.init(bytes: (try? JSONEncoder().encode(value)).map { Array($0) } ?? Array("{}".utf8))
    }
}
