package import Storage
package import Telephony

/// What the HTTP interface is configured with.
package struct WebAPIConfiguration: Sendable {
    /// Base of the URLs of problem pages, with or without a slash at its end.
    package var publicURL: String
    /// Whose `X-Forwarded-For` counts.
    package var trustedProxies: [CIDR]
    /// Digest of `OPERATOR_KEY`; nil: there is none.
    package var operatorKeyDigest: SecretDigest?
    /// The language of errors when neither the request nor the tenant names one.
    package var defaultLanguage: Language
    /// Requests for unknown event URLs that one address may send at once.
    package var unknownTokenBurst: Double
    /// Requests for unknown event URLs that one address may send a second, in the long run.
    package var unknownTokensPerSecond: Double
    /// Requests without a valid API key that one address may send at once.
    package var failedAuthenticationBurst: Double
    /// Requests without a valid API key that one address may send a second, in the long run.
    package var failedAuthenticationsPerSecond: Double
    /// How long a request with an Idempotency-Key keeps the key when the process dies before the answer.
    package var idempotencyLease: Duration
    /// Bounds of event streams.
    package var eventStreams: EventStreamLimits
    /// What assembly decides for tenants without a setting of their own, as the workers are configured.
    package var assemblyDefaults: AssemblyDefaults

    package init(
        publicURL: String,
        trustedProxies: [CIDR] = [],
        operatorKeyDigest: SecretDigest? = nil,
        defaultLanguage: Language = .en,
        unknownTokenBurst: Double = 500,
        unknownTokensPerSecond: Double = 10,
        failedAuthenticationBurst: Double = 20,
        failedAuthenticationsPerSecond: Double = 1.0 / 3,
        idempotencyLease: Duration = .seconds(45),
        eventStreams: EventStreamLimits = EventStreamLimits(),
        assemblyDefaults: AssemblyDefaults = AssemblyDefaults(grace: .seconds(5))
    ) {
        self.publicURL = publicURL
        self.trustedProxies = trustedProxies
        self.operatorKeyDigest = operatorKeyDigest
        self.defaultLanguage = defaultLanguage
        self.unknownTokenBurst = unknownTokenBurst
        self.unknownTokensPerSecond = unknownTokensPerSecond
        self.failedAuthenticationBurst = failedAuthenticationBurst
        self.failedAuthenticationsPerSecond = failedAuthenticationsPerSecond
        self.idempotencyLease = idempotencyLease
        self.eventStreams = eventStreams
        self.assemblyDefaults = assemblyDefaults
    }
}
