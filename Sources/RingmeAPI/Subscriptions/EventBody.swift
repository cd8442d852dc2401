import FoundationEssentials
import Telephony

/// The JSON of an event row in an answer.
struct EventBody: Decodable {
    var id: Int64
    var url: String?
    var eventType: String?
    var method: String?

    private enum CodingKeys: String, CodingKey {
        case id, url, method
        case eventType = "event_type"
    }

    /// A row without an id cannot be told from others, so the whole list is refused; any other member may be missing,
    /// and the row still takes a slot.
    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        self.id = try object.requiredInteger(.id)
        self.url = object.tolerantText(.url)
        self.eventType = object.tolerantText(.eventType)?.lowercased()
        self.method = object.tolerantText(.method)?.uppercased()
    }

    /// The row as the domain sees it; what the answer lacks is taken from what was asked.
    func row(asked: EventRequestBody? = nil) -> SubscriptionRow {
        SubscriptionRow(
            id: self.id,
            eventType: self.eventType ?? asked?.eventType ?? "",
            url: self.url ?? asked?.url ?? "",
            method: self.method ?? asked?.method ?? ""
        )
    }
}

/// The JSON of an event row in a request.
struct EventRequestBody: Encodable {
    var eventType: String
    var url: String
    var method: String

    private enum CodingKeys: String, CodingKey {
        case url, method
        case eventType = "event_type"
    }

    /// Checks what the PBX would refuse or understand in another way.
    ///
    /// - Parameters:
    ///   - type: the event type.
    ///   - url: the URL that events go to.
    ///   - method: `POST` or `GET`.
    ///   - operation: what the body is for.
    /// - Throws: `invalidRequest`.
    init(type: String, url: String, method: String, for operation: PBXOperation) throws(PBXError) {
        let isUsable =
            !type.isEmpty && ["GET", "POST"].contains(method)
            && (url.hasPrefix("https://") || url.hasPrefix("http://"))
            && url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isUsable else {
            throw PBXError(
                .invalidRequest,
                operation: operation,
                message: "The event type, URL or method is not usable."
            )
        }
        self.eventType = type
        self.url = url
        self.method = method
    }

    /// The bytes to send.
    ///
    /// - Parameter operation: what the body is for.
    /// - Returns: JSON with plain slashes.
    /// - Throws: `invalidRequest` when it cannot be encoded.
    func encoded(for operation: PBXOperation) throws(PBXError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            throw PBXError(.invalidRequest, operation: operation, message: "The event cannot be encoded.")
        }
    }

    /// What errors must not repeat: the URL, and the token at its end.
    var secrets: [String] {
        [self.url] + self.url.split(separator: "/").suffix(1).map(String.init).filter { $0.utf8.count >= 8 }
    }
}
