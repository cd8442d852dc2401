/// An answer of the simulated PBX.
struct APIAnswer: Sendable, Equatable {
    var status: Int
    var headers: [FormField] = []
    var body: [UInt8] = []
    var contentType = "application/json"
    var transfer = Transfer.packedWhenAccepted

    /// How the body goes on the wire.
    enum Transfer: Hashable, Sendable {
        /// As gzip when the request accepts it.
        case packedWhenAccepted
        /// As it is.
        case asIs
        /// In chunks, without its length being told, with so many spaces before its last byte.
        case padded(by: Int)
    }

    /// An answer with a JSON body.
    static func json(_ value: JSONValue, status: Int = 200) -> APIAnswer {
        APIAnswer(status: status, body: value.serialized)
    }

    /// An error in the vendor's shape: a message and sometimes a status that tells errors of one code apart.
    static func error(_ code: Int, _ message: String, status: String? = nil) -> APIAnswer {
        var members: [String: JSONValue] = ["message": .string(message)]
        if let status {
            members["status"] = .string(status)
        }
        return .json(.object(members), status: code)
    }

    /// 204 without a body.
    static let noContent = APIAnswer(status: 204)
    /// 404 as the PBX writes it.
    static let notFound = APIAnswer.error(404, "Not found")
    /// 401 as the PBX writes it.
    static let unauthorized = APIAnswer.error(401, "Unauthorized")
    /// 403 for what belongs to another client.
    static let accessDenied = APIAnswer.error(403, "Access denied", status: "access_denied")
    /// 405 for a method that a resource does not have.
    static let methodNotAllowed = APIAnswer.error(405, "Method not allowed")
}
