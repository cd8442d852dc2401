import FoundationEssentials

/// A bearer token of the PBX. It appears in no description.
struct AccessToken: Sendable, Hashable, CustomStringConvertible {
    /// The token itself.
    let text: String
    /// When to get another one, some time before the PBX would refuse this one.
    let renewAt: ContinuousClock.Instant

    var description: String { "<access token>" }

    init(text: String, renewAt: ContinuousClock.Instant) {
        self.text = text
        self.renewAt = renewAt
    }

    /// The token in an answer of the token endpoint (RFC 6749 section 5.1). Without `expires_in` it holds an hour, as
    /// the vendor's example does.
    ///
    /// - Parameters:
    ///   - body: the answer's body.
    ///   - now: when it was asked for.
    init?(body: [UInt8], now: ContinuousClock.Instant) {
        guard
            let fields = try? JSONDecoder().decode(Fields.self, from: Data(body)),
            let text = fields.accessToken,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let lifetime = min(max(fields.expiresIn ?? 3_600, 1), 86_400)
        let margin = min(60, lifetime / 10)
        self.init(text: text, renewAt: now.advanced(by: .seconds(lifetime - margin)))
    }

    private struct Fields: Decodable {
        var accessToken: String?
        var expiresIn: Double?

        private enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case expiresIn = "expires_in"
        }

        init(from decoder: any Decoder) throws {
            let object = try decoder.container(keyedBy: CodingKeys.self)
            self.accessToken = object.tolerantText(.accessToken)
            self.expiresIn = object.tolerantNumber(.expiresIn)
        }
    }
}
