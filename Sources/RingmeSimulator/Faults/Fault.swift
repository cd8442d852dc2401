/// A scripted misbehaviour of the PBX: which requests it meets, how often, and what happens then.
package struct Fault: Hashable, Sendable {
    /// What happens to a request that the fault meets.
    package enum Action: Hashable, Sendable {
        /// Nothing but the delay.
        case none
        /// This answer instead of the real one; nothing is done.
        case answer(status: Int, body: String, contentType: String)
        /// 429 `rate_limit_exceeded`; without a Reset the answer has no rate headers.
        case rateLimited(resetSeconds: Int?)
        /// 429 as for a second request to a resource that takes one at a time.
        case concurrentRequest
        /// The connection is closed without an answer; nothing is done.
        case closeConnection
        /// Nothing is done and no answer comes for so long, then the connection is closed.
        case hang(Duration)
        /// The request is carried out, but no answer comes for so long, then the connection is closed.
        case performThenHang(Duration)
        /// The request is carried out, then the connection is closed without an answer.
        case performThenClose
        /// All tokens of the client become invalid before the request is looked at.
        case expireTokens
        /// The event limit of the extension in the path is this from now on; then the request is carried out.
        case setEventLimit(Int)
        /// Every page of a list is its first page.
        case repeatFirstPage
        /// The list is shorter by so many rows from its beginning on every page but the first: rows move between pages.
        case shrinkList(by: Int)
        /// The answer has ids as strings and keys that no document names.
        case unusualShape
    }

    /// Only requests of this client; nil for all. Of `/oauth/token`, the client of the application id.
    package var clientID: Int?
    /// Only this HTTP method; nil for all.
    package var method: String?
    /// Only this resource; nil for all.
    package var resource: ResourceKind?
    /// Only this extension; nil for all.
    package var extensionID: Int?
    /// So many matching requests pass before the fault begins.
    package var skip: Int
    /// So many matching requests meet it; nil for ever.
    package var times: Int?
    /// A delay before the request is looked at.
    package var delay: Duration
    /// What happens.
    package var action: Action

    /// Creates a fault.
    package init(
        _ action: Action,
        clientID: Int? = nil,
        method: String? = nil,
        resource: ResourceKind? = nil,
        extensionID: Int? = nil,
        skip: Int = 0,
        times: Int? = 1,
        delay: Duration = .zero
    ) {
        self.action = action
        self.clientID = clientID
        self.method = method
        self.resource = resource
        self.extensionID = extensionID
        self.skip = skip
        self.times = times
        self.delay = delay
    }

    /// 500 with the vendor's error shape.
    package static let internalError = Action.answer(
        status: 500,
        body: #"{"message":"Internal server error"}"#,
        contentType: "application/json"
    )
    /// 200 with a page of HTML, as a proxy in front of the PBX sends it.
    package static let html = Action.answer(
        status: 200,
        body: "<html><body><h1>Service is temporarily unavailable</h1></body></html>",
        contentType: "text/html; charset=utf-8"
    )
    /// 200 without a body.
    package static let emptyBody = Action.answer(status: 200, body: "", contentType: "application/json")
    /// 200 with JSON that breaks off.
    package static let brokenJSON = Action.answer(
        status: 200,
        body: #"[{"id": 1, "url": "#,
        contentType: "application/json"
    )
    /// 401 although the token is valid.
    package static let unauthorized = Action.answer(
        status: 401,
        body: #"{"message":"Unauthorized"}"#,
        contentType: "application/json"
    )
    /// 403 `access_denied`: the application lacks rights.
    package static let accessDenied = Action.answer(
        status: 403,
        body: #"{"message":"Access denied","status":"access_denied"}"#,
        contentType: "application/json"
    )
}
