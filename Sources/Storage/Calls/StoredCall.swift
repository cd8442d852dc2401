package import FoundationEssentials
import Postgres
package import Telephony

/// A call record as it is stored: the record, and what storage adds.
package struct StoredCall: Hashable, Sendable {
    /// Stable under re-assembly, corrections and replays.
    package var id: UUID
    /// 1, 2, …: grows with each change.
    package var version: Int
    /// The place of this version in the tenant's feed.
    package var seq: Int64
    /// True: the record was withdrawn; the feed shows it as `delete`.
    package var isWithdrawn: Bool
    package var record: CallRecord

    package init(id: UUID, version: Int, seq: Int64, isWithdrawn: Bool, record: CallRecord) {
        self.id = id
        self.version = version
        self.seq = seq
        self.isWithdrawn = isWithdrawn
        self.record = record
    }

    /// Reads the columns in the order that every statement of this folder selects them.
    init(row: inout Row) throws(PostgresError) {
        self.id = try row.next()
        self.version = Int(try row.next(Int32.self))
        self.seq = try row.next()
        self.isWithdrawn = try row.next()
        self.record = CallRecord(
            key: RecordKey(rawValue: try row.next(String.self)),
            direction: try row.next(),
            status: try row.next(),
            callID: CallID(rawValue: try row.next(String.self)),
            subCallID: try row.nextOptional(),
            userID: try row.nextOptional(),
            extensionRef: ExtensionRef(id: try row.next(), name: try row.next(), type: try row.next()),
            clientNumber: try row.nextOptional(),
            clientNumberE164: try row.nextOptional(),
            clientName: try row.nextOptional(),
            did: try row.nextOptional(),
            startedAt: try row.next(),
            answeredAt: try row.nextOptional(),
            endedAt: try row.next(),
            durationMicroseconds: try row.nextOptional(),
            recordingID: try row.nextOptional(),
            callbackID: try row.nextOptional(),
            transferred: try row.next(),
            isInternal: try row.next(),
            isPartial: try row.next(),
            flags: try row.next([String].self).compactMap(Flag.init(rawValue:)),
            rule: try row.next(),
            rulesVersion: Int(try row.next(Int32.self))
        )
    }
}

/// What a re-assembly changes in the stored records of one CallID.
package enum CallChange: Hashable, Sendable {
    /// Write this content as a new record or as the next version.
    case upsert(CallRecord)
    /// The record is no longer justified; its last content stays for the feed's delete entry.
    case withdraw(CallRecord)

    /// The changes that lead from what is stored to `records`; empty when nothing really differs.
    ///
    /// `horizon`: a record that is not stored and ended before it is left out: retention would remove it, or has; nil: none is.
    package static func changes(
        from stored: [StoredCall],
        to records: [CallRecord],
        horizon: Timestamp? = nil
    ) -> [CallChange] {
        let storedByKey = Dictionary(stored.map { ($0.record.key, $0) }, uniquingKeysWith: { first, _ in first })
        let keys = Set(records.map(\.key))
        let upserts = records.filter { record in
            guard let old = storedByKey[record.key] else { return horizon.map { record.endedAt >= $0 } ?? true }
            return old.isWithdrawn || !old.record.isSameContent(as: record)
        }
        let withdrawals = stored.filter { !$0.isWithdrawn && !keys.contains($0.record.key) }
        return upserts.map(CallChange.upsert) + withdrawals.map { .withdraw($0.record) }
    }
}
