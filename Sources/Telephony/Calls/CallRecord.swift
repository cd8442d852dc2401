/// One completed call as connectors read it, without what storage adds (id, version, place in the feed).
package struct CallRecord: Hashable, Sendable {
    /// What identifies the record inside its CallID.
    package var key: RecordKey
    /// Which way the call went.
    package var direction: Direction
    /// How it ended.
    package var status: CallStatus
    /// The PBX's id of the whole call.
    package var callID: CallID
    /// The PBX's id of the leg, in small letters; nil when its events carry none.
    package var subCallID: String?
    /// The user whom the extension belonged to when the leg began (rule 14).
    package var userID: UserID?
    /// The phone that talked or rang, or the IVR or queue where the call was missed.
    package var extensionRef: ExtensionRef
    /// The other party's number as received, but for surrounding space and a domain.
    package var clientNumber: String?
    /// `clientNumber` in E.164 with `+`, nil when that cannot be told.
    package var clientNumberE164: String?
    /// The other party's name, when the PBX sends one.
    package var clientName: String?
    /// The public number through which the call came in.
    package var did: String?
    /// The first event of the leg; of a missed call the first event of its CallID.
    package var startedAt: Timestamp
    /// When the leg was answered; nil when it was not, or when the event of it is missing. Not after `endedAt`.
    package var answeredAt: Timestamp?
    /// The hangup. Not before `startedAt`.
    package var endedAt: Timestamp
    /// Talk time (rule 11): 0 when unanswered, nil when the PBX gave none that makes sense.
    package var durationMicroseconds: Int64?
    /// The PBX's id of the recording, as received (rule 12).
    package var recordingID: String?
    /// The PBX's id of the API request that started the call (rule 7), as received.
    package var callbackID: String?
    /// Whether the leg comes from a forward or a transfer (rules 9 and 10).
    package var transferred: Bool
    /// Whether both parties are of this PBX (rule 9).
    package var isInternal: Bool
    /// Whether an event of the leg is missing (rule 13).
    package var isPartial: Bool
    /// What is odd (rule 17), sorted.
    package var flags: [Flag]
    /// The rule that made the record, as numbered in the product's decisions.
    package var rule: String
    /// The version of the rules.
    package var rulesVersion: Int

    /// A record of these values; `flags` may be given in any order, and repeated.
    package init(
        key: RecordKey,
        direction: Direction,
        status: CallStatus,
        callID: CallID,
        subCallID: String?,
        userID: UserID?,
        extensionRef: ExtensionRef,
        clientNumber: String?,
        clientNumberE164: String?,
        clientName: String?,
        did: String?,
        startedAt: Timestamp,
        answeredAt: Timestamp?,
        endedAt: Timestamp,
        durationMicroseconds: Int64?,
        recordingID: String?,
        callbackID: String?,
        transferred: Bool,
        isInternal: Bool,
        isPartial: Bool,
        flags: some Sequence<Flag>,
        rule: String,
        rulesVersion: Int = CallRecord.currentRulesVersion
    ) {
        self.key = key
        self.direction = direction
        self.status = status
        self.callID = callID
        self.subCallID = subCallID
        self.userID = userID
        self.extensionRef = extensionRef
        self.clientNumber = clientNumber
        self.clientNumberE164 = clientNumberE164
        self.clientName = clientName
        self.did = did
        self.startedAt = startedAt
        self.answeredAt = answeredAt
        self.endedAt = endedAt
        self.durationMicroseconds = durationMicroseconds
        self.recordingID = recordingID
        self.callbackID = callbackID
        self.transferred = transferred
        self.isInternal = isInternal
        self.isPartial = isPartial
        self.flags = Set(flags).sorted()
        self.rule = rule
        self.rulesVersion = rulesVersion
    }

    /// Whether connectors would read the same: all but the version of the rules, whose change alone is no news.
    package func isSameContent(as other: CallRecord) -> Bool {
        var other = other
        other.rulesVersion = self.rulesVersion
        return self == other
    }

    /// The version of the rules that `assemble` follows.
    package static let currentRulesVersion = 1
}
