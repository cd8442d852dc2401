/// A scripted misbehaviour of the PBX: which requests it meets, how often, and what happens then.
package struct Fault: Hashable, Sendable {
    /// What happens to a request that the fault meets.
    package enum Action: Hashable, Sendable {
        /// Nothing but the delay.
        case none
        /// This answer instead of the real one; nothing is done.
        case answer(status: Int, body: String, contentType: String, headers: [FormField] = [])
        /// 429 `rate_limit_exceeded`; without a Reset the answer has no rate headers.
        case rateLimited(resetSeconds: Int?)
        /// 429 as for a second request to a resource that takes one at a time; the PBX says so of the call history alone.
        case concurrentRequest
        /// 200 with an empty list that has so many bytes of spaces in it, and does not say so before; nothing is done.
        case overlongBody(Int)
        /// 200 with a small body of gzip that unpacks to so many bytes at least; nothing is done.
        case gzipBomb(Int)
        /// The connection is closed without an answer; nothing is done.
        case closeConnection
        /// Nothing is done and no answer comes for so long, then the connection is closed.
        case hang(Duration)
        /// The request is carried out, but no answer comes for so long, then the connection is closed.
        case performThenHang(Duration)
        /// The request is carried out, then the connection is closed without an answer.
        case performThenClose
        /// The request is carried out, but its answer's gzip is broken.
        case brokenGzip
        /// All tokens of the client become invalid before the request is looked at.
        case expireTokens
        /// The application loses its credentials and tokens before the request is looked at.
        case revokeApplication
        /// Other applications of the client use up so many requests of its budget; then the request is carried out.
        case consumeBudget(Int)
        /// The event limit of the extension in the path is this from now on; then the request is carried out.
        case setEventLimit(Int)
        /// The extension in the path is of this type from now on; then the request is carried out.
        case setExtensionType(String)
        /// The extension in the path is gone with all its rows; then the request is carried out.
        case removeExtension
        /// Another integration adds so many rows to the extension in the path; then the request is carried out.
        case addForeignRows(Int)
        /// Somebody in the cabinet removes all rows that applications made on the extension in the path; then the request is
        /// carried out.
        case removeOwnRows
        /// Other integrations take so many of their rows off the extension in the path, the oldest first; then the request is
        /// carried out.
        case removeForeignRows(Int)
        /// Pages of lists have so many rows at most, whatever was asked for; lists of event rows have pages too.
        case smallPages(Int)
        /// Every page of a list is its first page.
        case repeatFirstPage
        /// The list is shorter by so many rows from its beginning on every page but the first: rows move between pages.
        case shrinkList(by: Int)
        /// The answer has ids as strings and keys that no document names.
        case unusualShape
    }

    /// Only requests of this client; nil for all. Of `/oauth/token`, the client of the application id.
    package var clientID: Int?
    /// Only this application; nil for all.
    package var appID: String?
    /// Only this HTTP method; nil for all.
    package var method: String?
    /// Only this resource; nil for all.
    package var resource: ResourceKind?
    /// Only this extension; nil for all.
    package var extensionID: Int?
    /// So many matching requests pass before the fault begins.
    package var skip: Int
    /// Of those after them only every so-manieth meets the fault: with 3 the third, the sixth and so on.
    package var every: Int
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
        appID: String? = nil,
        method: String? = nil,
        resource: ResourceKind? = nil,
        extensionID: Int? = nil,
        skip: Int = 0,
        every: Int = 1,
        times: Int? = 1,
        delay: Duration = .zero
    ) {
        self.action = action
        self.clientID = clientID
        self.appID = appID
        self.method = method
        self.resource = resource
        self.extensionID = extensionID
        self.skip = skip
        self.every = max(1, every)
        self.times = times
        self.delay = delay
    }
}
