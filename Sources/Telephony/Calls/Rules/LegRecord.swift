// The record of a closed leg: rules 2, 3, 10 to 14 and 17.

extension CallEvidence {
    /// The record of a closed leg of a phone.
    ///
    /// - Parameters:
    ///   - leg: The leg.
    ///   - closing: How it ended.
    ///   - status: What connectors are told of the end.
    ///   - rule: The rule that makes the record.
    ///   - input: Whose call it is, and in which PBX.
    /// - Returns: The record, under the key of the leg.
    func record(
        of leg: PhoneLeg,
        closing: Closing,
        status: CallStatus,
        rule: String,
        input: CallInput
    ) -> CallRecord {
        let isAnswered = status == .answered
        let number = leg.clientNumber(in: input.directory)
        let answeredAt = isAnswered ? leg.answer.map { min($0.eventTime, closing.hangup.eventTime) } : nil
        return CallRecord(
            key: leg.key,
            direction: leg.direction,
            status: status,
            callID: input.callID,
            subCallID: leg.subCallID,
            userID: input.history.user(of: leg.extensionRef.id, at: leg.firstArrival),
            extensionRef: leg.extensionRef,
            clientNumber: number,
            clientNumberE164: number.flatMap(normalizedE164),
            clientName: leg.clientName(number: number),
            did: leg.first(\.calledDID) ?? self.first(\.calledDID),
            startedAt: leg.startedAt,
            answeredAt: answeredAt,
            endedAt: closing.hangup.eventTime,
            durationMicroseconds: isAnswered ? closing.hangup.durationMicroseconds : 0,
            recordingID: isAnswered ? self.recordingID(of: leg, known: input.recordings) : nil,
            callbackID: leg.first(\.callBackID) ?? self.first(\.callBackID),
            transferred: leg.isTransferred,
            isInternal: leg.isInternalCall(in: input.directory) || leg.isInternalForward,
            isPartial: leg.dial == nil || (isAnswered && leg.answer == nil),
            flags: leg.flags(closing: closing),
            rule: rule
        )
    }
}

extension PhoneLeg {
    /// The other party: after a transfer the RemoteNumber, else the caller of an incoming leg and the called number of an
    /// outgoing one (vendor's dial-in and dial-out pages).
    func clientNumber(in directory: ExtensionDirectory) -> String? {
        let remote = self.first(\.remoteNumber)
        switch self.direction {
        case .incoming:
            return remote ?? self.first(\.callerIDNum)
        case .outgoing:
            guard let called = self.first(\.calledNumber) else {
                return remote
            }
            return directory.isInternal(number: called) ? remote ?? called : called
        }
    }

    /// The caller's name, but only when it belongs to that number: of an outgoing leg it is the phone's own, after a
    /// transfer the colleague's.
    func clientName(number: String?) -> String? {
        guard self.direction == .incoming, let caller = self.first(\.callerIDNum), let number else {
            return self.direction == .incoming && number == nil ? self.first(\.callerIDName) : nil
        }
        let normalized = normalizedE164(caller)
        let isSame = caller == number || (normalized != nil && normalized == normalizedE164(number))
        return isSame ? self.first(\.callerIDName) : nil
    }

    /// Rule 17.
    fileprivate func flags(closing: Closing) -> [Flag] {
        var flags: [Flag] = []
        if closing.isContradictory {
            flags.append(.conflict)
        }
        if closing.isAnswered, closing.hangup.durationMicroseconds == nil {
            flags.append(.badDuration)
        }
        if self.events.contains(where: \.isEventTimeSubstituted) {
            flags.append(.badEventTime)
        }
        if self.subCallID == nil {
            flags.append(.noSubCallID)
        }
        return flags
    }
}
