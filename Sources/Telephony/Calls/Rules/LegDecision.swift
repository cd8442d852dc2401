// Rules 2, 3, 4, 7, 9, 10 and 13: what one leg of a phone is by itself.

/// What one leg of a phone is, before the rest of its CallID is looked at.
enum LegDecision {
    /// A record of its own.
    case record(CallRecord, LegTrace.Reason)
    /// No record.
    case dropped(rule: String, LegTrace.Reason)
    /// Its hangup has not come.
    case open
    /// Rang and was not answered: rule 4 looks at the whole CallID.
    case unansweredIncoming(Closing)
    /// Started through the API: rule 7 looks at the whole CallID.
    case callback(Closing)
}

extension CallEvidence {
    /// What the leg is by itself.
    func decide(_ leg: PhoneLeg, input: CallInput) -> LegDecision {
        if input.settings.externalOnly, let reason = leg.reasonToIgnore(in: input.directory) {
            return .dropped(rule: "9", reason)
        }
        guard let closing = leg.closing else {
            return .open
        }
        switch leg.direction {
        case .incoming: return self.decideIncoming(leg, closing: closing, input: input)
        case .outgoing where leg.isCallback: return .callback(closing)
        case .outgoing: return self.decideOutgoing(leg, closing: closing, input: input)
        }
    }

    /// Rule 2 (vendor's dial-in page): an answered incoming leg is a record of the phone's user. Each leg is its own
    /// record, so before and after a transfer there are two (rule 8).
    private func decideIncoming(_ leg: PhoneLeg, closing: Closing, input: CallInput) -> LegDecision {
        guard closing.isAnswered else {
            return .unansweredIncoming(closing)
        }
        let isInternal = leg.reasonToIgnore(in: input.directory) != nil
        let rule = isInternal ? "9" : "2"
        let record = self.record(of: leg, closing: closing, status: .answered, rule: rule, input: input)
        return .record(record, isInternal ? .internalRecorded : .answeredIncoming)
    }

    /// Rules 3 and 10 (vendor's dial-out page: calls to outside numbers are "always processed and logged").
    private func decideOutgoing(_ leg: PhoneLeg, closing: Closing, input: CallInput) -> LegDecision {
        let (rule, reason) = self.outgoingRule(leg, closing: closing, input: input)
        guard closing.isAnswered || input.settings.recordUnansweredOutgoing else {
            return .dropped(rule: "3", .unansweredOutgoingUnwanted)
        }
        let record = self.record(of: leg, closing: closing, status: closing.outgoingStatus, rule: rule, input: input)
        return .record(record, reason)
    }

    private func outgoingRule(
        _ leg: PhoneLeg,
        closing: Closing,
        input: CallInput
    ) -> (rule: String, reason: LegTrace.Reason) {
        if leg.reasonToIgnore(in: input.directory) != nil {
            return ("9", .internalRecorded)
        }
        if leg.isOutsideForward {
            return ("10", .forwardedOutside)
        }
        return ("3", closing.isAnswered ? .answeredOutgoing : .unansweredOutgoing)
    }
}

extension Closing {
    /// Rule 3: the status of an outgoing leg. A status that the vendor does not list is a failure, never a success.
    var outgoingStatus: CallStatus {
        guard !self.isAnswered else {
            return .answered
        }
        switch self.hangup.callStatus {
        case "BUSY": return .busy
        case "CANCEL": return .cancelled
        case "NOANSWER": return .noAnswer
        default: return .failed
        }
    }
}

extension PhoneLeg {
    /// Rule 7 (vendor's field list): an outgoing leg that an API request started on the phone's behalf.
    var isCallback: Bool {
        self.direction == .outgoing && self.first(\.callBackID) != nil
    }

    /// Why the leg is not an external call (rule 9), nil when it is one.
    func reasonToIgnore(in directory: ExtensionDirectory) -> LegTrace.Reason? {
        if self.isInternalForward {
            return .internalForward
        }
        guard self.isInternalCall(in: directory) else {
            return nil
        }
        return self.direction == .incoming ? .internalCaller : .internalCalled
    }
}
