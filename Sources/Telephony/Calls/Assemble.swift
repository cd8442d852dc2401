/// Turns all events of one CallID into its call records (rules version 1, section 5 of the decisions).
///
/// A pure function of a set: the order in which events came, their repetition and how they were split over several
/// assemblies do not matter to the final result. Before the graces have passed the result may lack records, and
/// `nextDue` says when to look again.
package func assemble(_ input: CallInput) -> Assembly {
    let evidence = CallEvidence(events: input.events, directory: input.directory)
    var draft = AssemblyDraft(input: input)
    var unanswered: [UnansweredLeg] = []
    var callbacks: [CallbackLeg] = []
    for leg in evidence.phoneLegs {
        switch evidence.decide(leg, input: input) {
        case .record(let record, let reason): draft.add(record, of: leg, reason)
        case .dropped(let rule, let reason): draft.drop(leg, rule: rule, reason)
        case .open: draft.leaveOpen(leg)
        case .unansweredIncoming(let closing): unanswered.append(UnansweredLeg(leg: leg, closing: closing))
        case .callback(let closing): callbacks.append(CallbackLeg(leg: leg, closing: closing))
        }
    }
    draft.decideMissed(evidence: evidence)
    let hasOthers = draft.hasOpenLegs || !draft.records.isEmpty || !callbacks.isEmpty || draft.hasUnwantedOutgoing
    draft.decide(unanswered: unanswered, hasOthers: hasOthers, evidence: evidence)
    draft.decide(callbacks: callbacks, evidence: evidence)
    for leg in evidence.unassembled {
        draft.note(leg)
    }
    return draft.assembly
}

/// The result in the making.
private struct AssemblyDraft {
    let input: CallInput
    var records: [CallRecord] = []
    private var trace: [(startedAt: Timestamp, entry: LegTrace)] = []
    private var staleLegs: [StaleLeg] = []
    private var dues: [Timestamp] = []
    private(set) var hasOpenLegs = false
    private(set) var hasUnwantedOutgoing = false
    private var isMissedPending = false

    init(input: CallInput) {
        self.input = input
    }

    var assembly: Assembly {
        Assembly(
            records: self.records.sorted { $0.key < $1.key },
            nextDue: self.dues.min(),
            staleLegs: self.staleLegs,
            trace: self.trace.sorted { ($0.startedAt, $0.entry.place) < ($1.startedAt, $1.entry.place) }.map(\.entry)
        )
    }

    /// Rule 15: what makes no call is not looked at any further.
    mutating func note(_ leg: UnassembledLeg) {
        let reason: LegTrace.Reason = leg.isExtensionUnsupported ? .extensionNotAssembled : .notAssembled
        let entry = LegTrace(subCallID: leg.subCallID, extension: leg.extensionRef, .dropped, rule: "15", reason)
        self.trace.append((leg.startedAt, entry))
    }

    mutating func add(_ record: CallRecord, of leg: PhoneLeg, _ reason: LegTrace.Reason) {
        self.records.append(record)
        self.note(leg, .record(record.key), rule: record.rule, reason)
    }

    mutating func drop(_ leg: PhoneLeg, rule: String, _ reason: LegTrace.Reason) {
        self.hasUnwantedOutgoing = self.hasUnwantedOutgoing || reason == .unansweredOutgoingUnwanted
        self.note(leg, .dropped, rule: rule, reason)
    }

    /// Rule 13: a leg without a hangup is open, and a problem after the tenant's time; nothing is invented for it.
    mutating func leaveOpen(_ leg: PhoneLeg) {
        self.hasOpenLegs = true
        let patience = Duration.seconds(self.input.settings.staleAfterSeconds)
        guard !self.isDue(leg.firstArrival + patience) else {
            self.staleLegs.append(
                StaleLeg(
                    subCallID: leg.subCallID,
                    extensionID: leg.extensionRef.id,
                    extensionName: leg.extensionRef.name,
                    since: leg.firstArrival
                )
            )
            self.note(leg, .open, rule: "13", .stale)
            return
        }
        self.note(leg, .open, rule: "13", .waitingForHangup)
    }

    /// Rules 5 and 6. Comes after the legs, because it looks at their records.
    mutating func decideMissed(evidence: CallEvidence) {
        let place = evidence.missedPlace(input: self.input)
        var isWritten = false
        if let place {
            isWritten = self.isDue(place.due)
            self.isMissedPending = !isWritten
            if isWritten {
                let besideAnswered = self.records.contains { $0.direction == .incoming && $0.status == .answered }
                let record = evidence.missedRecord(at: place, besideAnswered: besideAnswered, input: self.input)
                self.records.append(record)
            }
        }
        for leg in evidence.monitoredLegs {
            let entry = evidence.trace(leg, place: place, isWritten: isWritten, input: self.input)
            self.trace.append((leg.startedAt, entry))
        }
    }

    /// Rule 4.
    mutating func decide(unanswered legs: [UnansweredLeg], hasOthers: Bool, evidence: CallEvidence) {
        let missed = evidence.directMissedPlace(legs: legs, hasOthers: hasOthers, input: self.input)
        let isWanted = self.input.settings.directMissed
        let isWritten = isWanted && missed.map { self.isDue($0.due) } ?? false
        for leg in legs {
            guard let missed, missed.place.leg.key == leg.leg.key else {
                self.note(leg.leg, .dropped, rule: "4", .unansweredIncoming)
                continue
            }
            if !isWanted {
                self.note(leg.leg, .dropped, rule: "4", .missedAtPhoneUnwanted)
            } else if isWritten {
                let record = evidence.directMissedRecord(at: leg, input: self.input)
                self.add(record, of: leg.leg, record.isInternal ? .internalMissed : .missedAtPhone)
            } else {
                self.note(leg.leg, .open, rule: "4", .waitingForGrace)
            }
        }
    }

    /// Rule 7. Comes last, because it looks for other records; a missed call that only waits for its grace is one.
    mutating func decide(callbacks legs: [CallbackLeg], evidence: CallEvidence) {
        let isAlone = self.records.isEmpty && !self.isMissedPending
        let lone = isAlone ? evidence.loneCallback(legs, input: self.input) : nil
        let isWritten = lone.map { self.isDue($0.due) } ?? false
        for callback in legs {
            guard let lone, lone.leg.leg.key == callback.leg.key else {
                self.note(callback.leg, .dropped, rule: "7", .callbackLeg)
                continue
            }
            if isWritten {
                let record = evidence.loneCallbackRecord(callback, input: self.input)
                self.add(record, of: callback.leg, .callbackAlone)
            } else {
                self.note(callback.leg, .open, rule: "7", .waitingForGrace)
            }
        }
    }

    /// Whether the instant has come; when not, it is one to come back at.
    private mutating func isDue(_ instant: Timestamp) -> Bool {
        guard instant > self.input.now else {
            return true
        }
        self.dues.append(instant)
        return false
    }

    private mutating func note(
        _ leg: PhoneLeg,
        _ outcome: LegTrace.Outcome,
        rule: String,
        _ reason: LegTrace.Reason
    ) {
        let entry = LegTrace(subCallID: leg.subCallID, extension: leg.extensionRef, outcome, rule: rule, reason)
        self.trace.append((leg.startedAt, entry))
    }
}

extension LegTrace {
    /// What orders legs that began at one instant.
    fileprivate var place: String {
        "\(self.extensionID)/\(self.subCallID ?? "")"
    }

    /// The trace of a leg of that extension.
    init(
        subCallID: String?,
        extension reference: ExtensionRef,
        _ outcome: Outcome,
        rule: String,
        _ reason: Reason
    ) {
        self.init(
            subCallID: subCallID,
            extensionID: reference.id,
            extensionName: reference.name,
            outcome: outcome,
            rule: rule,
            reason: reason
        )
    }
}
