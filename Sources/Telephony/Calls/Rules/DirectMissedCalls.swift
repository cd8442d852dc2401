// Rule 4: a call that came straight to phones and was not answered (S45, A32). The vendor's pages know no such record, so
// a tenant has to ask for it.

/// A leg that rang in vain, and how it ended.
struct UnansweredLeg {
    let leg: PhoneLeg
    let closing: Closing
}

extension CallEvidence {
    /// The leg at which the call was missed, and when that is written by our clock, if the tenant wants it. Nil unless the
    /// CallID has nothing but unanswered incoming legs of phones; internal legs were taken out before (rule 18).
    ///
    /// - Parameters:
    ///   - legs: The unanswered incoming legs.
    ///   - hasOthers: Whether there are other legs, open ones among them.
    ///   - input: The call.
    /// - Returns: The place and the instant, or nil.
    func directMissedPlace(
        legs: [UnansweredLeg],
        hasOthers: Bool,
        input: CallInput
    ) -> (place: UnansweredLeg, due: Timestamp)? {
        let isReportedElsewhere = self.isBridged || self.monitoredLegs.contains { !$0.hangups.isEmpty }
        guard !hasOthers, !isReportedElsewhere,
            let place = legs.max(by: { ($0.leg.startedAt, $0.leg.key) < ($1.leg.startedAt, $1.leg.key) }),
            let lastArrival = legs.compactMap(\.leg.firstHangupArrival).max()
        else {
            return nil
        }
        return (place, lastArrival.advanced(byMicroseconds: input.grace))
    }

    /// The missed call of such a CallID, at the extension of the leg that began last.
    func directMissedRecord(at place: UnansweredLeg, input: CallInput) -> CallRecord {
        var record = self.record(of: place.leg, closing: place.closing, status: .missed, rule: "4", input: input)
        record.key = .missed
        record.startedAt = self.events.first?.eventTime ?? record.startedAt
        if record.isInternal {
            record.rule = "9"
        }
        return record
    }
}
