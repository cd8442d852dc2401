/// The latest REST requests, a bounded number of them.
struct RequestLog: Sendable {
    /// How many are kept at most; twice as many for a moment.
    static let kept = 100_000

    private(set) var requests: [LoggedRequest] = []
    /// The number that the next request gets.
    private(set) var nextNumber = 1

    mutating func append(_ request: LoggedRequest) {
        nextNumber = request.number + 1
        requests.append(request)
        if requests.count >= 2 * Self.kept {
            requests.removeFirst(requests.count - Self.kept)
        }
    }

    mutating func removeAll() {
        requests.removeAll()
    }
}
