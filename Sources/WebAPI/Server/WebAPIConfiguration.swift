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
        eventStreams: EventStreamLimits = EventStreamLimits(),
        assemblyDefaults: AssemblyDefaults = AssemblyDefaults(grace: .seconds(5))
    ) {
        self.publicURL = publicURL
        self.trustedProxies = trustedProxies
        self.operatorKeyDigest = operatorKeyDigest
        self.defaultLanguage = defaultLanguage
        self.unknownTokenBurst = unknownTokenBurst
        self.unknownTokensPerSecond = unknownTokensPerSecond
        self.eventStreams = eventStreams
        self.assemblyDefaults = assemblyDefaults
    }
}
