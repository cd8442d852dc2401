import AsyncHTTPClient
package import Logging
import NIOCore
import NIOHTTP1

/// The REST API of one PBX client, with one application's credentials.
///
/// Every method sends the requests it names and no others; nothing is retried but a request that was answered 401,
/// once, with a new token. A gate may stand before each request and is told how it ended. There is no call that deletes all
/// events of an extension, and none that takes anything but the id of one row: rows of other integrations are safe from
/// this type as long as the caller knows its own.
package final class RingmeClient: Sendable {
    /// Where the PBX is.
    package let endpoint: PBXEndpoint

    private let credentials: PBXCredentials
    private let transport: PBXTransport
    private let tokens: TokenProvider
    private let gate: (any PBXGate)?
    private let logger: Logger

    /// A client without a token; the first call gets one.
    ///
    /// - Parameters:
    ///   - endpoint: where the PBX is.
    ///   - credentials: the application's key.
    ///   - http: connections to PBXs; they are not shut down here.
    ///   - timeout: how long one request may take, from the first byte sent to the last byte read.
    ///   - gate: stands before each request; nil: none does.
    ///   - logger: gets one line a request at level debug.
    package init(
        endpoint: PBXEndpoint,
        credentials: PBXCredentials,
        http: PBXHTTPClient,
        timeout: Duration = .seconds(15),
        gate: (any PBXGate)? = nil,
        logger: Logger = Logger(label: "ringbridge.pbx")
    ) {
        let transport = PBXTransport(http: http.client, timeout: timeout)
        self.endpoint = endpoint
        self.credentials = credentials
        self.transport = transport
        self.gate = gate
        self.logger = logger
        self.tokens = TokenProvider { () async throws(PBXError) -> AccessToken in
            try await requestAccessToken(endpoint: endpoint, credentials: credentials, transport: transport)
        }
    }

    private init(_ client: RingmeClient, gate: any PBXGate) {
        self.endpoint = client.endpoint
        self.credentials = client.credentials
        self.transport = client.transport
        self.tokens = client.tokens
        self.gate = gate
        self.logger = client.logger
    }

    /// The same client, with the same token, behind another gate.
    package func behind(_ gate: any PBXGate) -> RingmeClient {
        RingmeClient(self, gate: gate)
    }

    /// Sends a request with a token; after a 401 once more with a new one.
    ///
    /// - Parameter request: the request.
    /// - Returns: an answer with a status 2xx.
    /// - Throws: `PBXError` for everything else.
    func send(_ request: PBXRequest) async throws(PBXError) -> PBXAnswer {
        let token = try await self.tokens.token()
        do throws(PBXError) {
            return try await self.exchange(request, token: token)
        } catch {
            guard error.httpStatus == 401 else { throw error }
            self.tokens.reject(token)
        }
        let renewed = try await self.tokens.token()
        do throws(PBXError) {
            return try await self.exchange(request, token: renewed)
        } catch {
            if error.httpStatus == 401 { self.tokens.reject(renewed) }
            throw error
        }
    }

    /// Sends a request and decodes its answer.
    ///
    /// - Parameters:
    ///   - type: the shape of the answer.
    ///   - request: the request.
    /// - Returns: the decoded answer.
    /// - Throws: `PBXError`; `unparsable` when the answer has another shape.
    func value<Value: Decodable>(_ type: Value.Type, of request: PBXRequest) async throws(PBXError) -> Value {
        try await self.send(request).decoded(type, of: request)
    }

    /// The path of a resource of the client.
    ///
    /// - Parameters:
    ///   - rest: what follows `/client/<id>`.
    ///   - operation: what the path is for.
    /// - Returns: the path.
    /// - Throws: `invalidRequest` when the client id cannot be part of a path.
    func clientPath(_ rest: String, for operation: PBXOperation) throws(PBXError) -> String {
        "/client/" + (try self.component(self.endpoint.clientID, for: operation)) + rest
    }

    /// An id as part of a path.
    ///
    /// - Parameters:
    ///   - text: the id.
    ///   - operation: what the path is for.
    /// - Returns: the id, escaped.
    /// - Throws: `invalidRequest` when it cannot be one.
    func component(_ text: String, for operation: PBXOperation) throws(PBXError) -> String {
        guard let component = pathComponent(text) else {
            throw PBXError(.invalidRequest, operation: operation, message: "An id cannot be part of a path.")
        }
        return component
    }

    /// Sends a request when the gate admits it, and tells the gate how it ended.
    private func exchange(_ request: PBXRequest, token: AccessToken) async throws(PBXError) -> PBXAnswer {
        guard self.endpoint.isValid else {
            throw PBXError(.invalidRequest, operation: request.operation, message: "The URL of the PBX is not usable.")
        }
        if let gate, await !gate.admit(request.operation) {
            throw PBXError(.heldBack, operation: request.operation, message: "The request was not sent.")
        }
        let answer: PBXAnswer
        do throws(PBXError) {
            answer = try await self.answer(to: request, token: token)
        } catch {
            await self.gate?.ended(request.operation, rateLimit: nil, error: error)
            throw error
        }
        let error =
            answer.isSuccess
            ? nil : PBXError(answer: answer, to: request, hiding: [self.credentials.appSecret, token.text])
        await self.gate?.ended(request.operation, rateLimit: answer.rateLimit, error: error)
        if let error { throw error }
        return answer
    }

    /// The answer, whatever its status.
    private func answer(to request: PBXRequest, token: AccessToken) async throws(PBXError) -> PBXAnswer {
        var http = HTTPClientRequest(url: self.endpoint.baseURL + "/api/ver1.0" + request.target)
        http.method = HTTPMethod(rawValue: request.method.rawValue)
        http.headers.add(name: "Authorization", value: "Bearer " + token.text)
        http.headers.add(name: "Accept", value: "application/json")
        if let body = request.body {
            http.headers.add(name: "Content-Type", value: "application/json")
            http.body = .bytes(ByteBuffer(bytes: body))
        }
        let started = ContinuousClock.now
        do {
            let answer = try await self.transport.exchange(http)
            self.log(request, result: String(answer.status), since: started)
            return answer
        } catch {
            let error = PBXError(error, operation: request.operation, isCreating: request.isCreating)
            self.log(request, result: error.code.name, since: started)
            throw error
        }
    }

    private func log(_ request: PBXRequest, result: String, since started: ContinuousClock.Instant) {
        self.logger.debug(
            "request to the PBX",
            metadata: [
                "pbx.operation": "\(request.operation.rawValue)",
                "pbx.result": "\(result)",
                "duration": "\(started.duration(to: .now))",
            ]
        )
    }
}

/// Asks for a token with an application's credentials: a form to `/oauth/token` at the root of the host.
private func requestAccessToken(
    endpoint: PBXEndpoint,
    credentials: PBXCredentials,
    transport: PBXTransport
) async throws(PBXError) -> AccessToken {
    guard endpoint.isValid else {
        throw PBXError(.invalidRequest, operation: .token, message: "The URL of the PBX is not usable.")
    }
    var request = HTTPClientRequest(url: endpoint.baseURL + "/oauth/token")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
    request.headers.add(name: "Accept", value: "application/json")
    let form = formEncoded([
        ("grant_type", "client_credentials"),
        ("client_id", credentials.appID),
        ("client_secret", credentials.appSecret),
    ])
    request.body = .bytes(ByteBuffer(string: form))
    let now = ContinuousClock.now
    let answer: PBXAnswer
    do {
        answer = try await transport.exchange(request)
    } catch {
        throw PBXError(error, operation: .token, isCreating: false)
    }
    guard answer.isSuccess else { throw PBXError(tokenAnswer: answer, hiding: [credentials.appSecret]) }
    guard let token = AccessToken(body: answer.body, now: now) else {
        throw PBXError(
            .unparsable,
            operation: .token,
            httpStatus: answer.status,
            message: "The answer of the token endpoint holds no token."
        )
    }
    return token
}
