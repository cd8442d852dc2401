/// A request to the simulated PBX, read from HTTP but free of it.
struct APIRequest: Sendable {
    /// The method in upper case.
    var method: String
    /// The path as received, without the query (which may hold credentials).
    var path: String
    /// The path's decoded, non-empty parts: with and without trailing slash is the same.
    var segments: [String]
    /// The query's fields.
    var query: [FormField]
    /// The body, read whole.
    var body: [UInt8]
    /// The bearer token of the `Authorization` header.
    var bearer: String?
    /// Whether the `Accept-Encoding` header names gzip, which the vendor declares mandatory.
    var acceptsGzip: Bool

    init(
        method: String,
        path: String,
        query: String = "",
        body: [UInt8] = [],
        authorization: String? = nil,
        acceptEncoding: String? = nil
    ) {
        self.method = method.uppercased()
        self.path = path
        self.segments = path.split(separator: "/", omittingEmptySubsequences: true).map {
            FormEncoding.decodePercent($0, plusIsSpace: false)
        }
        self.query = FormEncoding.decode(query)
        self.body = body
        if let authorization, authorization.lowercased().hasPrefix("bearer ") {
            self.bearer = String(authorization.dropFirst("bearer ".count))
        } else {
            self.bearer = nil
        }
        self.acceptsGzip = acceptEncoding?.lowercased().contains("gzip") ?? false
    }

    /// The first value of a query field, or nil.
    func query(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }
}
