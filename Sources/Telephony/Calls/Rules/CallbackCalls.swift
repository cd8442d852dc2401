// Rule 7: legs that an API request started on a phone's behalf, such as a website's "call me" (S26, S27).

/// A closed leg that an API request started.
struct CallbackLeg {
    let leg: PhoneLeg
    let closing: Closing
}

extension CallEvidence {
    /// The leg that stands for a CallID which has no other record, and when that is written by our clock. Of several the
    /// answered one that began first.
    func loneCallback(_ legs: [CallbackLeg], input: CallInput) -> (leg: CallbackLeg, due: Timestamp)? {
        let wanted = legs.filter { $0.closing.isAnswered || input.settings.recordUnansweredOutgoing }
        let answered = wanted.filter(\.closing.isAnswered)
        let candidates = answered.isEmpty ? wanted : answered
        guard
            let first = candidates.min(by: { ($0.leg.startedAt, $0.leg.key) < ($1.leg.startedAt, $1.leg.key) }),
            let arrival = first.leg.firstHangupArrival
        else {
            return nil
        }
        return (first, arrival.advanced(byMicroseconds: input.grace))
    }

    /// Its record: an outgoing call of nobody, since the phone did not take part in it.
    func loneCallbackRecord(_ callback: CallbackLeg, input: CallInput) -> CallRecord {
        let closing = callback.closing
        var record = self.record(
            of: callback.leg,
            closing: closing,
            status: closing.outgoingStatus,
            rule: "7",
            input: input
        )
        record.userID = nil
        return record
    }
}
