/// One stored event with its fields understood. Nothing is refused: what a field does not say stays nil.
///
/// It never changes and is equal by value; it is a class because assembling passes events on and on, and they have many
/// fields.
package final class CallEvent: Hashable, Sendable {
    /// The extension that the token stands for; what the payload claims does not count.
    package let extensionID: ExtensionID
    /// When it arrived, by our clock.
    package let arrivedAt: Timestamp
    /// All its fields as received.
    package let fields: EventFields
    /// What it tells.
    package let eventType: EventType
    /// The call, nil when the event names none (it then belongs in quarantine).
    package let callID: CallID?
    /// The leg, in small letters; nil when absent or longer than 200 characters.
    package let subCallID: String?
    /// The PBX's time of the event, or the arrival when that is absent, no number or more than a day from the arrival.
    package let eventTime: Timestamp
    /// Whether `eventTime` is the arrival.
    package let isEventTimeSubstituted: Bool
    /// `in` or `out` as seen from the sending extension, in small letters.
    package let callFlow: String?
    /// `CALLING`, `ANSWER`, `BUSY` …, in capitals.
    package let callStatus: String?
    /// The caller's number.
    package let callerIDNum: String?
    /// The caller's name.
    package let callerIDName: String?
    /// The public number through which the call came in.
    package let calledDID: String?
    /// The called number; of an incoming leg the extension.
    package let calledNumber: String?
    /// The calling extension, which may be the queue that rings a phone; without domain.
    package let callerExtension: String?
    /// Its number on the PBX.
    package let callerExtensionID: Int64?
    /// The called extension; of an IVR's or a queue's hangup itself; without domain.
    package let calledExtension: String?
    /// Its number on the PBX.
    package let calledExtensionID: Int64?
    /// Talk time; nil when absent or malformed.
    package let durationMicroseconds: Int64?
    /// Whether a duration was given that is negative or no number.
    package let isDurationMalformed: Bool
    /// The recording, as received.
    package let recID: String?
    /// Whether a phone accepted the call somewhere in the PBX: `yes` or `no` in any case, nil for anything else.
    package let bridged: Bool?
    /// Whether the leg comes from a forward or a transfer (the PBX writes `Transfered`).
    package let transferred: Bool
    /// The outside number of a leg that a transfer made.
    package let remoteNumber: String?
    /// The API request that started the call, as received.
    package let callBackID: String?

    /// Understands the fields of an event that arrived with the token of `extensionID`.
    package init(extensionID: ExtensionID, arrivedAt: Timestamp, fields: EventFields) {
        self.extensionID = extensionID
        self.arrivedAt = arrivedAt
        self.fields = fields
        self.eventType = EventType(rawValue: fields["EventType"] ?? "")
        self.callID = fields["CallID"].flatMap(CallID.init(received:))
        self.subCallID = fields["SubCallID"].flatMap(CallID.init(received:))?.rawValue
        let eventTime = fields["EventTime"].flatMap(plausibleTime(arrivedAt: arrivedAt))
        self.eventTime = eventTime ?? arrivedAt
        self.isEventTimeSubstituted = eventTime == nil
        self.callFlow = fields["CallFlow"].flatMap(word)?.lowercased()
        self.callStatus = fields["CallStatus"].flatMap(word)?.uppercased()
        self.callerIDNum = fields["CallerIDNum"].flatMap(number)
        self.callerIDName = fields["CallerIDName"].flatMap(personName)
        self.calledDID = fields["CalledDID"].flatMap(number)
        self.calledNumber = fields["CalledNumber"].flatMap(number)
        self.callerExtension = fields["CallerExtension"].flatMap(extensionName)
        self.callerExtensionID = fields["CallerExtensionID"].flatMap(unsigned)
        self.calledExtension = fields["CalledExtension"].flatMap(extensionName)
        self.calledExtensionID = fields["CalledExtensionID"].flatMap(unsigned)
        let duration = fields["Duration"].flatMap(word)
        self.durationMicroseconds = duration.flatMap(unsigned)
        self.isDurationMalformed = duration != nil && self.durationMicroseconds == nil
        self.recID = fields["RecID"].flatMap(verbatim)
        self.bridged = fields["Bridged"].flatMap(word).flatMap(yesOrNo)
        self.transferred = fields["Transfered"].flatMap(word).flatMap(yesOrNo) ?? false
        self.remoteNumber = fields["RemoteNumber"].flatMap(number)
        self.callBackID = fields["CallBackID"].flatMap(verbatim)
    }

    // All the rest follows from these three.

    package static func == (left: CallEvent, right: CallEvent) -> Bool {
        left.extensionID == right.extensionID && left.arrivedAt == right.arrivedAt && left.fields == right.fields
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.extensionID)
        hasher.combine(self.arrivedAt)
        hasher.combine(self.fields)
    }

    /// Whether the payload names extensions and none of them is the token's: kept and processed all the same, but counted.
    package var isExtensionMismatch: Bool {
        let named = [self.callerExtensionID, self.calledExtensionID].compactMap { $0 }
        return !named.isEmpty && !named.contains(self.extensionID.rawValue)
    }
}

private func word(_ received: String) -> String? {
    let text = received.trimmed()
    return text.isEmpty ? nil : text
}

/// The value untouched, unless it is nothing but space.
private func verbatim(_ received: String) -> String? {
    word(received) == nil ? nil : received
}

private func extensionName(_ received: String) -> String? {
    word(droppingDomain(received))
}

/// A number as received, but for surrounding space, a domain, and a `+` that form encoding turned into a space. What exceeds
/// 200 bytes is no number, and longer ones do not fit into the indexes that calls are found by.
private func number(_ received: String) -> String? {
    dialString(received).flatMap { $0.utf8.count <= 200 ? $0 : nil }
}

private func dialString(_ received: String) -> String? {
    guard received.first == " ", let second = received.dropFirst().first, second.isASCII, second.isWholeNumber else {
        return word(droppingDomain(received))
    }
    return word(droppingDomain("+" + received.dropFirst()))
}

/// A name; the PBX often repeats the number in it, `+` and all.
private func personName(_ received: String) -> String? {
    let text = word(received)
    guard received.first == " ", let digits = text, digits.utf8.count > 6, digits.utf8.allSatisfy(\.isASCIIDigit) else {
        return text
    }
    return "+" + digits
}

private func unsigned(_ received: String) -> Int64? {
    let digits = received.trimmed()
    return digits.utf8.allSatisfy(\.isASCIIDigit) ? Int64(digits) : nil
}

private func yesOrNo(_ received: String) -> Bool? {
    switch received.lowercased() {
    case "yes": true
    case "no": false
    default: nil
    }
}

private func plausibleTime(arrivedAt: Timestamp) -> (String) -> Timestamp? {
    { received in
        guard let microseconds = unsigned(received) else {
            return nil
        }
        let time = Timestamp(microseconds: microseconds)
        let day: Int64 = 86_400_000_000
        return (-day...day).contains(time.microseconds(since: arrivedAt)) ? time : nil
    }
}
