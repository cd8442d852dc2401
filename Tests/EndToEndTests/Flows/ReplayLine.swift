import Foundation
import Telephony

/// One line of `ringbridge replay --dry-run --json`: what becomes of a record. Also made from the feed, to compare the two.
struct ReplayLine: Hashable, Sendable, Decodable, CustomStringConvertible {
    struct Values: Hashable, Sendable, Decodable {
        var old: String?
        var new: String?
    }

    var tenant: String
    var kind: String
    var callID: String
    /// Nil for a record that no connector has seen before.
    var id: String?
    var rule: String
    /// What changes, by the name of the field.
    var fields: [String: Values]

    enum CodingKeys: String, CodingKey {
        case tenant, kind, id, rule, fields
        case callID = "call_id"
    }

    /// What a feed entry tells a connector that holds `copy`.
    init(_ entry: FeedEntry, to copy: FeedCopy, tenant: TenantID) {
        let old = copy.calls[entry.id]?.columns
        self.tenant = tenant.rawValue
        self.callID = entry.content.callID
        self.id = copy.latest[entry.id] == nil ? nil : entry.id
        self.rule = entry.content.rule
        switch entry.op {
        case .delete:
            self.kind = "withdrawn"
            self.fields = [:]
        case .upsert:
            self.kind = old == nil ? "new" : "changed"
            let new = entry.content.columns
            self.fields = new.reduce(into: [:]) { fields, column in
                let before = old?[column.key] ?? nil
                if before != column.value { fields[column.key] = Values(old: before, new: column.value) }
            }
        }
    }

    var description: String {
        let fields = self.fields.sorted { $0.key < $1.key }.map { "\($0): \($1.old ?? "-") -> \($1.new ?? "-")" }
        return "\(self.kind) \(self.callID) \(self.id ?? "-") rule \(self.rule) \(fields.joined(separator: ", "))"
    }
}

/// The last line of `ringbridge replay --json`.
struct ReplaySummary: Hashable, Sendable, Decodable {
    var examined: Int
    var new: Int
    var changed: Int
    var withdrawn: Int
    var unchanged: Int
    var failed: Int
}

extension CallContent {
    /// The fields as text, but for what identifies the call and the version of the rules; of the extension three.
    fileprivate var columns: [String: String?] {
        [
            "direction": self.direction,
            "status": self.status,
            "sub_call_id": self.subCallID,
            "user_id": self.userID,
            "extension_id": String(self.extension.id),
            "extension_name": self.extension.name,
            "extension_type": self.extension.type,
            "client_number": self.clientNumber,
            "client_number_e164": self.clientNumberE164,
            "client_name": self.clientName,
            "did": self.did,
            "started_at": self.startedAt.description,
            "answered_at": self.answeredAt?.description,
            "ended_at": self.endedAt.description,
            "duration_us": self.durationUs.map { String($0) },
            "recording_id": self.recordingID,
            "callback_id": self.callbackID,
            "transferred": String(self.transferred),
            "internal": String(self.isInternal),
            "partial": String(self.isPartial),
            "flags": self.flags.joined(separator: ","),
            "rule": self.rule,
        ]
    }
}
