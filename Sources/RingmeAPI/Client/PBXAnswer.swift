import FoundationEssentials

/// An answer of the PBX, read whole.
struct PBXAnswer: Sendable {
    var status: Int
    var rateLimit: RateLimit?
    /// `Retry-After` in seconds (RFC 9110; the form with a date is not used by the PBX).
    var retryAfterSeconds: Int?
    var body: [UInt8]

    var isSuccess: Bool { (200...299).contains(self.status) }

    /// An answer with the headers that matter here, whose names are read in any case.
    ///
    /// - Parameters:
    ///   - status: the status.
    ///   - headers: all headers.
    ///   - body: the body, unpacked.
    init(status: Int, headers: some Sequence<(name: String, value: String)>, body: [UInt8]) {
        let numbers = Dictionary(headers.map { ($0.name.lowercased(), RateLimit.number(in: $0.value)) }) { first, _ in
            first
        }
        self.status = status
        self.rateLimit =
            RateLimit(
                limit: numbers["x-ratelimit-limit"] ?? nil,
                remaining: numbers["x-ratelimit-remaining"] ?? nil,
                resetSeconds: numbers["x-ratelimit-reset"] ?? nil
            ).ifAny
        self.retryAfterSeconds = numbers["retry-after"] ?? nil
        self.body = body
    }

    /// The body as JSON of a known shape.
    ///
    /// - Parameters:
    ///   - type: the shape.
    ///   - request: what was asked.
    /// - Returns: the decoded value.
    /// - Throws: `unparsable` when it is something else, for example an HTML page with status 200; of a request that
    ///   creates something the outcome is then unknown.
    func decoded<Value: Decodable>(_ type: Value.Type, of request: PBXRequest) throws(PBXError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(self.body))
        } catch {
            throw PBXError(
                .unparsable,
                operation: request.operation,
                httpStatus: self.status,
                message: "The answer is not the expected JSON (\(self.body.count) bytes).",
                outcomeUnknown: request.isCreating
            )
        }
    }
}
