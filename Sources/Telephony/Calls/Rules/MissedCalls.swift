// Rules 5 and 6: a call that nobody answered, as IVRs and queues report it (vendor's hangup page).

/// Where a call was missed.
struct MissedPlace {
    /// The IVR or queue.
    let leg: MonitoredLeg
    /// Its hangup.
    let hangup: CallEvent
    /// When the missed call is written, by our clock: the grace after the first hangup that said so.
    let due: Timestamp
}

extension CallEvidence {
    /// Rule 5: the last queue that says `Bridged=no`, by its event's time, else the last IVR; nil when none says so or when
    /// a `Bridged=yes` withdraws the missed call (S48). The PBX sends the queue's hangup shortly before or after the IVR's,
    /// hence the grace. Calls from extensions do not count while only external calls are recorded (S44).
    func missedPlace(input: CallInput) -> MissedPlace? {
        guard !self.isBridged else {
            return nil
        }
        let candidates = self.monitoredLegs.flatMap { leg in
            leg.hangups
                .filter { $0.saysMissed && leg.counts($0, input: input) }
                .map { (leg: leg, hangup: $0) }
        }
        let queues = candidates.filter(\.leg.isQueue)
        let places = queues.isEmpty ? candidates : queues
        guard let place = places.max(by: { $0.hangup.precedes($1.hangup) }),
            let firstArrival = candidates.map(\.hangup.arrivedAt).min()
        else {
            return nil
        }
        let due = firstArrival.advanced(byMicroseconds: input.grace)
        return MissedPlace(leg: place.leg, hangup: place.hangup, due: due)
    }

    /// The one missed call of the CallID. Next to an answered incoming record it is a contradiction (rule 6, S47).
    func missedRecord(at place: MissedPlace, besideAnswered: Bool, input: CallInput) -> CallRecord {
        let hangup = place.hangup
        let isInternal = hangup.hasInternalCaller(in: input.directory)
        let number = hangup.missedNumber(in: input.directory)
        var flags: [Flag] = []
        if besideAnswered {
            flags.append(.conflict)
        }
        if hangup.isEventTimeSubstituted {
            flags.append(.badEventTime)
        }
        if hangup.subCallID == nil {
            flags.append(.noSubCallID)
        }
        return CallRecord(
            key: .missed,
            direction: .incoming,
            status: .missed,
            callID: input.callID,
            subCallID: hangup.subCallID,
            userID: input.history.user(of: place.leg.extensionRef.id, at: place.leg.firstArrival),
            extensionRef: place.leg.extensionRef,
            clientNumber: number,
            clientNumberE164: number.flatMap(normalizedE164),
            clientName: number == hangup.callerIDNum ? hangup.callerIDName : nil,
            did: hangup.calledDID ?? self.first(\.calledDID),
            startedAt: self.events.first?.eventTime ?? hangup.eventTime,
            answeredAt: nil,
            endedAt: hangup.eventTime,
            durationMicroseconds: 0,
            recordingID: nil,
            callbackID: hangup.callBackID ?? self.first(\.callBackID),
            transferred: hangup.transferred,
            isInternal: isInternal,
            isPartial: false,
            flags: flags,
            rule: hangup.missedRule(in: input.directory)
        )
    }

    /// What became of an IVR's or a queue's report.
    ///
    /// - Parameters:
    ///   - leg: The report.
    ///   - place: Where the call was missed.
    ///   - isWritten: Whether the grace has passed.
    ///   - input: The call.
    /// - Returns: One entry for the report.
    func trace(_ leg: MonitoredLeg, place: MissedPlace?, isWritten: Bool, input: CallInput) -> LegTrace {
        func trace(_ outcome: LegTrace.Outcome, _ rule: String, _ reason: LegTrace.Reason) -> LegTrace {
            LegTrace(subCallID: leg.subCallID, extension: leg.extensionRef, outcome, rule: rule, reason)
        }
        guard !leg.hangups.isEmpty else {
            return trace(.dropped, "5", .monitoredWithoutHangup)
        }
        if let place, place.leg.extensionRef.id == leg.extensionRef.id, place.leg.subCallID == leg.subCallID {
            let rule = place.hangup.missedRule(in: input.directory)
            guard isWritten else {
                return trace(.open, rule, .waitingForGrace)
            }
            let isInternal = place.hangup.hasInternalCaller(in: input.directory)
            return trace(
                .record(.missed),
                rule,
                isInternal ? .internalMissed : leg.isQueue ? .missedInQueue : .missedInIVR
            )
        }
        if self.isBridged, leg.hangups.contains(where: { $0.bridged == true || $0.saysMissed }) {
            return trace(.dropped, "5", .bridged)
        }
        if leg.hangups.contains(where: { $0.saysMissed && leg.counts($0, input: input) }) {
            return trace(.dropped, "5", .missedElsewhere)
        }
        return leg.hangups.contains(where: \.saysMissed)
            ? trace(.dropped, "9", .internalCaller) : trace(.dropped, "5", .noVerdict)
    }
}

extension MonitoredLeg {
    /// Rule 9: missed calls from extensions count only when the tenant records internal calls.
    fileprivate func counts(_ hangup: CallEvent, input: CallInput) -> Bool {
        !input.settings.externalOnly || !hangup.hasInternalCaller(in: input.directory)
    }
}

extension CallEvent {
    /// `Bridged=no` of the caller's own thread. A queue's `out` thread is one of its attempts to reach an agent (vendor's
    /// "generation features"), and an absent Bridged says nothing (S46).
    fileprivate var saysMissed: Bool {
        self.bridged == false && self.callFlow != "out"
    }

    /// The rule that makes it a missed call: of a caller of this PBX only the tenant's wish for internal calls does.
    fileprivate func missedRule(in directory: ExtensionDirectory) -> String {
        self.hasInternalCaller(in: directory) ? "9" : "5"
    }

    /// CallerIDNum (vendor's hangup page); when a colleague transferred the caller there, the outside RemoteNumber.
    fileprivate func missedNumber(in directory: ExtensionDirectory) -> String? {
        guard let caller = self.callerIDNum, let remote = self.remoteNumber else {
            return self.callerIDNum ?? self.remoteNumber
        }
        return directory.isInternal(number: caller) ? remote : caller
    }
}
