import HTTPTypes

extension HTTPField.Name {
    static let requestID = Self.named("X-Request-Id")
    static let feedCursor = Self.named("X-Feed-Cursor")
    static let idempotencyKey = Self.named("Idempotency-Key")
    static let idempotencyReplayed = Self.named("Idempotency-Replayed")
    static let lastEventID = Self.named("Last-Event-ID")
    static let forwardedFor = Self.named("X-Forwarded-For")
    static let prefer = Self.named("Prefer")
    static let preferenceApplied = Self.named("Preference-Applied")
    static let referrerPolicy = Self.named("Referrer-Policy")

    private static func named(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else {
            preconditionFailure("a constant of this file is not a header name")
        }
        return field
    }
}
