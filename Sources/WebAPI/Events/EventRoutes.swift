import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import Storage
import Telephony

/// `GET|POST /ext-event/{token}`: the PBX's webhooks. The answer 200 means that the event is durable.
///
/// Every path below `/ext-event/` that no live or retired token has is answered alike, after the same work: the look-up of a
/// digest.
struct EventRoutes: Sendable {
    /// Of a body, in bytes.
    static let maximumBody = 64 * 1024
    /// Of a query, in bytes.
    static let maximumQuery = 16 * 1024

    private let intake: EventIntake
    private let tokens: TokenDirectory
    private let trustedProxies: [CIDR]
    private let limiter: SourceLimiter
    private let unknownToken = IntakeMetrics.counter("unknown_token")
    private let refused = IntakeMetrics.counter("refused")
    private let mismatch = Counter(label: "ringbridge_event_extension_mismatch")

    init(configuration: WebAPIConfiguration, dependencies: WebAPIDependencies) {
        self.intake = dependencies.intake
        self.tokens = dependencies.tokens
        self.trustedProxies = configuration.trustedProxies
        self.limiter = SourceLimiter(
            burst: configuration.unknownTokenBurst,
            perSecond: configuration.unknownTokensPerSecond
        )
    }

    func add(to router: some RouterMethods<APIContext>) {
        for path in ["ext-event/{token}", "ext-event/{token}/**"] as [RouterPath] {
            for method in [HTTPRequest.Method.get, .post] {
                router.on(path, method: method) { request, context in
                    try await self.receive(request, context: context)
                }
            }
        }
    }

    private func receive(_ request: Request, context: APIContext) async throws -> Response {
        let source = context.clientAddress(of: request, trustedProxies: self.trustedProxies)
        let query = request.rawQuery
        guard query.utf8.count <= Self.maximumQuery else {
            self.refused.increment()
            throw HTTPProblem(.queryTooLong)
        }
        let deeper = context.parameters.getCatchAll().map { "/\($0)" }.joined()
        let token = (context.parameters.get("token") ?? "") + deeper
        guard let owner = try await self.tokens.owner(of: SecretDigest(of: token)) else {
            self.unknownToken.increment()
            if let seconds = self.limiter.take(source) {
                throw HTTPProblem.temporary(.tooManyRequests, retryAfterSeconds: seconds)
            }
            throw HTTPProblem(.notFound)
        }
        let body: [UInt8]
        do {
            body = try await request.bytes(upTo: Self.maximumBody)
        } catch {
            self.refused.increment()
            throw error
        }
        let event = ReceivedEvent(query: query.utf8, body: body)
        self.countMismatch(event, owner: owner)
        do throws(IntakeError) {
            try await self.intake.submit(event, owner: owner, source: source?.description)
        } catch {
            throw HTTPProblem(error)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: Self.emptyObject)
        )
    }

    private static let emptyObject = ByteBuffer(string: "{}")

    private func countMismatch(_ event: ReceivedEvent, owner: EventTokenOwner) {
        guard case .understood(_, let fields) = event else { return }
        let understood = CallEvent(
            extensionID: owner.extensionID,
            arrivedAt: Timestamp(microseconds: 0),
            fields: fields
        )
        if understood.isExtensionMismatch {
            self.mismatch.increment()
        }
    }
}

extension HTTPProblem {
    init(_ error: IntakeError) {
        switch error {
        case .unavailable: self = .temporary(.databaseUnavailable, retryAfterSeconds: 1)
        case .full: self = .temporary(.overloaded, retryAfterSeconds: 1)
        case .shuttingDown: self = .temporary(.shuttingDown, retryAfterSeconds: 1)
        }
    }
}
