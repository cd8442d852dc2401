import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import Storage
import Telephony

/// A webhook that came on an event URL of a known token.
struct Webhook<Owner: Sendable>: Sendable {
    var owner: Owner
    /// What stands after `?`, percent-encoded.
    var query: Substring.UTF8View
    var body: [UInt8]
    /// The address that sent it.
    var source: String?
}

/// What the event URLs of extensions and of agents have in common: the bounds, the look-up of the token, the limit for
/// sources that guess tokens, and the answer.
///
/// Every path below them that no live or retired token has is answered alike, after the same work: the look-up of a digest.
struct EventGate: Sendable {
    /// Of a body, in bytes.
    static let maximumBody = 64 * 1024
    /// Of a query, in bytes.
    static let maximumQuery = 16 * 1024

    private let trustedProxies: [CIDR]
    private let limiter: SourceLimiter
    private let unknownToken = IntakeMetrics.counter("unknown_token")
    private let refused = IntakeMetrics.counter("refused")

    init(configuration: WebAPIConfiguration) {
        self.trustedProxies = configuration.trustedProxies
        self.limiter = SourceLimiter(
            burst: configuration.unknownTokenBurst,
            perSecond: configuration.unknownTokensPerSecond
        )
    }

    /// Adds the event URLs of a kind. When `receive` returns, the event is durable and answered 200.
    static func add<Kind: EventKind>(
        _ kind: Kind.Type,
        to router: some RouterMethods<APIContext>,
        receive: @escaping @Sendable (Request, APIContext) async throws -> Void
    ) {
        for path in ["\(kind.urlComponent)/{token}", "\(kind.urlComponent)/{token}/**"] {
            for method in [HTTPRequest.Method.get, .post] {
                router.on(RouterPath(path), method: method) { request, context in
                    try await receive(request, context)
                    return Response(
                        status: .ok,
                        headers: [.contentType: "application/json"],
                        body: ResponseBody(byteBuffer: Self.emptyObject)
                    )
                }
            }
        }
    }

    private static let emptyObject = ByteBuffer(string: "{}")

    /// Reads a webhook, when its token has an owner.
    ///
    /// - Throws: ``HTTPProblem`` 404, 413, 414 and 429, and what `owner` throws.
    func admit<Owner: Sendable>(
        _ request: Request,
        context: APIContext,
        owner: (SecretDigest) async throws -> Owner?
    ) async throws -> Webhook<Owner> {
        let source = context.clientAddress(of: request, trustedProxies: self.trustedProxies)
        let query = request.rawQuery.utf8
        guard query.count <= Self.maximumQuery else {
            self.refused.increment()
            throw HTTPProblem(.queryTooLong)
        }
        let deeper = context.parameters.getCatchAll().map { "/\($0)" }.joined()
        let token = (context.parameters.get("token") ?? "") + deeper
        guard let owner = try await owner(SecretDigest(of: token)) else {
            self.unknownToken.increment()
            if let seconds = self.limiter.take(source) {
                throw HTTPProblem.temporary(.tooManyRequests, retryAfterSeconds: seconds)
            }
            throw HTTPProblem(.notFound)
        }
        do {
            return Webhook(
                owner: owner,
                query: query,
                body: try await request.bytes(upTo: Self.maximumBody),
                source: source?.description
            )
        } catch {
            self.refused.increment()
            throw error
        }
    }
}
