import FoundationEssentials
import Storage
import Telephony

extension CallFilter {
    /// The names of the filters.
    static let parameters: Set<String> = [
        "from", "to", "direction", "status", "user_id", "extension_id", "number", "call_id",
    ]

    /// Reads the filters of `GET /v1/calls`.
    ///
    /// - Throws: ``HTTPProblem`` 400 for a value that no call can have.
    init(_ query: QueryParameters) throws(HTTPProblem) {
        self.init()
        self.from = try query.instant("from")
        self.to = try query.instant("to")
        self.direction = try query.choice("direction")
        self.status = try query.choice("status")
        self.extensionID = try query.integer("extension_id", in: 0...Int64.max).map(ExtensionID.init(rawValue:))
        self.userID = try Self.read("user_id", of: query) { UserID(validating: $0) }
        self.callID = try Self.read("call_id", of: query) { CallID(received: $0) }
        self.number = try Self.read("number", of: query) { text in
            let number = text.filter { !$0.isWhitespace }
            return number.isEmpty ? nil : number
        }
    }

    private static func read<Value>(
        _ name: String,
        of query: QueryParameters,
        _ make: (String) -> Value?
    ) throws(HTTPProblem) -> Value? {
        guard let text = query[name] else { return nil }
        guard let value = make(text) else {
            throw .parameter(name, LocalizedText(ru: "Недопустимое значение.", en: "The value is not allowed."))
        }
        return value
    }
}

extension CallListPosition {
    /// Reads the position of a cursor: microseconds and id.
    init?(_ position: String) {
        let parts = position.split(separator: ".")
        guard parts.count == 2, let microseconds = Int64(parts[0]), let id = UUID(uuidString: String(parts[1])) else {
            return nil
        }
        self.init(startedAt: Timestamp(microseconds: microseconds), id: id)
    }

    /// What a cursor holds.
    var text: String { "\(self.startedAt.microseconds).\(self.id.uuidString.lowercased())" }
}
