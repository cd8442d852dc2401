extension PBXState {
    /// Counts a request; the answer when the budget of the client is used up.
    mutating func count(_ session: Session, at now: Int64) -> APIAnswer? {
        guard let (admission, isDefiant) = clients[session.clientID]?.rate.admit(at: now) else { return nil }
        if isDefiant {
            violate(.budgetExceeded, session, at: now)
        }
        switch admission {
        case .admitted: return nil
        case .refused: return .rateLimitExceeded
        }
    }

    /// The three headers that each REST answer has.
    func rateHeaders(of clientID: Int, at now: Int64) -> [FormField] {
        guard let rate = clients[clientID]?.rate else { return [] }
        return [
            FormField("X-RateLimit-Limit", String(rate.limit)),
            FormField("X-RateLimit-Remaining", String(rate.remaining(at: now))),
            FormField("X-RateLimit-Reset", String(rate.resetSeconds(at: now))),
        ]
    }

    /// Notes that a rule was broken.
    mutating func violate(
        _ kind: Violation.Kind,
        _ session: Session,
        extensionID: Int? = nil,
        eventID: Int? = nil,
        at now: Int64
    ) {
        violations.append(
            Violation(
                kind: kind,
                at: now,
                clientID: session.clientID,
                appID: session.appID,
                extensionID: extensionID,
                eventID: eventID
            )
        )
    }
}

extension APIAnswer {
    /// 429: the hourly budget is used up.
    static let rateLimitExceeded = APIAnswer.error(
        429,
        "Rate limit exceeded, next request is possible in the next hour",
        status: "rate_limit_exceeded"
    )
    /// 429: a resource that takes one request at a time got a second one.
    static let concurrentRequest = APIAnswer.error(
        429,
        "Stats request already exists, concurrent request not allowed"
    )
}
