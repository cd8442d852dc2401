/// How many requests of each kind there were: to compare what was used with the least possible.
package struct RequestCounts: Hashable, Sendable {
    /// A method on a resource.
    package struct Kind: Hashable, Sendable {
        /// The HTTP method in upper case.
        package var method: String
        /// What was asked for.
        package var resource: ResourceKind

        /// Creates a kind.
        package init(_ method: String, _ resource: ResourceKind) {
            self.method = method
            self.resource = resource
        }
    }

    /// The number of requests by their kind; kinds that there were none of are absent.
    package let byKind: [Kind: Int]
    /// Requests that the PBX refused with 429.
    package let rateLimited: Int

    /// Counts requests.
    package init(of requests: some Sequence<LoggedRequest>) {
        var byKind: [Kind: Int] = [:]
        var rateLimited = 0
        for request in requests {
            byKind[Kind(request.method, request.resource), default: 0] += 1
            rateLimited += request.status == 429 ? 1 : 0
        }
        self.byKind = byKind
        self.rateLimited = rateLimited
    }

    /// The number of requests of one kind.
    package subscript(_ method: String, _ resource: ResourceKind) -> Int {
        byKind[Kind(method, resource)] ?? 0
    }

    /// Requests that count against the hourly budget: all but those for tokens.
    package var budgeted: Int { sum { $0.resource != .token } }
    /// Requests that would change something.
    package var writes: Int { sum { $0.resource != .token && $0.method != "GET" } }

    private func sum(of isCounted: (Kind) -> Bool) -> Int {
        byKind.filter { isCounted($0.key) }.values.reduce(0, +)
    }

    var json: JSONValue {
        let kinds = byKind.sorted {
            ($0.key.resource.rawValue, $0.key.method) < ($1.key.resource.rawValue, $1.key.method)
        }
        return [
            "budgeted": .integer(budgeted), "writes": .integer(writes), "rate_limited": .integer(rateLimited),
            "by_kind": .array(
                kinds.map { kind, count in
                    [
                        "method": .string(kind.method), "resource": .string(kind.resource.rawValue),
                        "count": .integer(count),
                    ]
                }
            ),
        ]
    }
}
