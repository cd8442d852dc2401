package import Telephony

/// One webhook, as far as it could be understood when it arrived.
package enum ReceivedEvent: Hashable, Sendable {
    /// Has a CallID: stored and due for assembly.
    case understood(callID: CallID, fields: EventFields)
    /// Stored with its bytes and the reason, never assembled.
    case quarantined(fields: EventFields?, raw: [UInt8], reason: QuarantineReason)

    /// Reads a webhook. Never fails: what cannot be understood is quarantined (decisions section 4).
    ///
    /// - Parameters:
    ///   - query: the bytes after `?`, percent-encoded.
    ///   - body: the body's bytes.
    package init(query: some Collection<UInt8>, body: some Collection<UInt8>) {
        switch EventFields.decode(query: query, body: body) {
        case .fields(let fields):
            if let callID = fields["CallID"].flatMap(CallID.init(received:)) {
                self = .understood(callID: callID, fields: fields)
            } else {
                self = .quarantined(
                    fields: fields,
                    raw: Self.raw(query: query, body: body),
                    reason: .noCallID
                )
            }
        case .undecodable:
            self = .quarantined(fields: nil, raw: Self.raw(query: query, body: body), reason: .undecodable)
        }
    }

    /// The bytes of its content, about.
    package var byteCount: Int {
        switch self {
        case .understood(_, let fields): Self.byteCount(of: fields)
        case .quarantined(let fields, let raw, _): raw.count + (fields.map(Self.byteCount(of:)) ?? 0)
        }
    }

    private static func byteCount(of fields: EventFields) -> Int {
        fields.pairs.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    }

    /// The same event as bytes only, for one that the database refused.
    package func refusedByDatabase() -> ReceivedEvent {
        switch self {
        case .understood(_, let fields):
            .quarantined(fields: nil, raw: fields.jsonObject(), reason: .refusedByDatabase)
        case .quarantined(_, let raw, _):
            .quarantined(fields: nil, raw: raw, reason: .refusedByDatabase)
        }
    }

    private static func raw(query: some Collection<UInt8>, body: some Collection<UInt8>) -> [UInt8] {
        query.isEmpty ? Array(body) : Array(query) + [UInt8(ascii: "\n")] + Array(body)
    }
}

/// Why an event is kept raw.
package enum QuarantineReason: String, CaseIterable, Sendable {
    /// There is no CallID, or it is longer than any PBX's.
    case noCallID = "no_call_id"
    /// The bytes hold something that is no text (NUL).
    case undecodable
    /// The database did not take the fields.
    case refusedByDatabase = "refused_by_database"
}
