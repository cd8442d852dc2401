package import FoundationEssentials
package import Telephony

/// What an assembly changes in one call record, for people who compare.
package struct CallDifference: Hashable, Sendable {
    /// What happens to the record.
    package enum Kind: String, CaseIterable, Sendable {
        /// There was none, or it had been withdrawn.
        case new
        /// It gets other content.
        case changed
        /// It is no longer justified.
        case withdrawn
    }

    /// One field of the record, as text; nil where it has no value.
    package struct Field: Hashable, Sendable {
        /// As connectors know it; of the extension `extension_id`, `extension_name` and `extension_type`.
        package var name: String
        package var old: String?
        package var new: String?

        package init(name: String, old: String?, new: String?) {
            self.name = name
            self.old = old
            self.new = new
        }
    }

    package var kind: Kind
    /// Nil for a record that was never stored: it gets its id when it is written.
    package var id: UUID?
    /// The new content, of a withdrawn record its last.
    package var record: CallRecord
    /// The fields that change: of a new record all that have a value, of a withdrawn one none.
    package var fields: [Field]

    /// `stored`: the records of the CallID before the change.
    package init(_ change: CallChange, stored: [StoredCall]) {
        switch change {
        case .withdraw(let record):
            self.kind = .withdrawn
            self.record = record
            self.fields = []
        case .upsert(let record):
            let old = stored.first { $0.record.key == record.key && !$0.isWithdrawn }
            self.kind = old == nil ? .new : .changed
            self.record = record
            self.fields = zip(old?.record.columns ?? record.columns.map { ($0.name, nil) }, record.columns)
                .filter { $0.1 != $1.1 }
                .map { Field(name: $1.name, old: $0.1, new: $1.value) }
        }
        self.id = stored.first { $0.record.key == change.record.key }?.id
    }
}

extension CallChange {
    /// The content that the change writes.
    package var record: CallRecord {
        switch self {
        case .upsert(let record), .withdraw(let record): record
        }
    }
}

extension CallRecord {
    /// What connectors read of the record, but for what identifies its call and the version of the rules.
    fileprivate var columns: [(name: String, value: String?)] {
        [
            ("direction", self.direction.rawValue),
            ("status", self.status.rawValue),
            ("sub_call_id", self.subCallID),
            ("user_id", self.userID?.rawValue),
            ("extension_id", String(self.extensionRef.id.rawValue)),
            ("extension_name", self.extensionRef.name),
            ("extension_type", self.extensionRef.type.rawValue),
            ("client_number", self.clientNumber),
            ("client_number_e164", self.clientNumberE164),
            ("client_name", self.clientName),
            ("did", self.did),
            ("started_at", self.startedAt.rfc3339),
            ("answered_at", self.answeredAt?.rfc3339),
            ("ended_at", self.endedAt.rfc3339),
            ("duration_us", self.durationMicroseconds.map { String($0) }),
            ("recording_id", self.recordingID),
            ("callback_id", self.callbackID),
            ("transferred", String(self.transferred)),
            ("internal", String(self.isInternal)),
            ("partial", String(self.isPartial)),
            ("flags", self.flags.map(\.rawValue).joined(separator: ",")),
            ("rule", self.rule),
        ]
    }
}
