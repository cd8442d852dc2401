/// A call as it happens: legs of phones, and what IVRs and queues report of it.
struct ScriptedCall {
    var legs: [ScriptedLeg] = []
    var reports: [ScriptedReport] = []
}

/// One leg of a phone. An event that never comes has no time.
struct ScriptedLeg {
    let phone: PBXLine
    let subCallID: String
    let isOutgoing: Bool
    var other: Party
    var did: String?
    /// The queue that rings the phone; webhooks name it as the calling extension.
    var queue: PBXLine?
    /// The outside party behind a colleague's transfer.
    var remote: Party?
    /// Whether answer and hangup tell the remote party as well; the vendor promises it for the dial event only.
    var repeatsRemote = false
    var callBackID: String?
    var isTransferred = false
    /// The extension that an outgoing leg reaches, when the PBX names it.
    var calledLine: PBXLine?
    var dialledAt: Int64?
    var answeredAt: Int64?
    var hangups: [Hangup] = []

    struct Hangup {
        var at: Int64
        var status: String
        /// Talk time as it is sent, nil when it is not.
        var duration: String?
        var recID: String?
    }

    /// Whether the leg talked: a hangup with ANSWER, unless neither an answer event nor talk time is behind it; and an answer
    /// event with talk time, whatever the hangup says. Nil while no hangup is known.
    var isAnswered: Bool? {
        guard let last = self.hangups.max(by: { $0.at < $1.at }) else {
            return nil
        }
        let talk = last.duration.flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
        return last.status == "ANSWER" ? self.answeredAt != nil || talk != 0 : self.answeredAt != nil && (talk ?? 0) > 0
    }

    /// Whether the events that come show an outside party on the leg.
    var isExternal: Bool {
        let isForwardInside = self.isTransferred && self.calledLine != nil
        let showsRemote = self.remote?.isOutside == true && (self.dialledAt != nil || self.repeatsRemote)
        return !isForwardInside && (self.other.isOutside || showsRemote)
    }
}

/// The hangup of an IVR or a queue.
struct ScriptedReport {
    let line: PBXLine
    let subCallID: String
    let caller: Party
    var remote: Party?
    var did: String?
    var at: Int64
    /// As it is sent; nil when it is not.
    var bridged: String?
    /// A queue's `out` threads are its attempts to reach agents.
    var flow = "in"
    var status = "ANSWER"

    /// Whether it says that an outside caller left without having been answered.
    var saysMissed: Bool {
        self.bridged?.lowercased() == "no" && self.flow == "in"
            && (self.caller.isOutside || self.remote?.isOutside == true)
    }

    /// Whether it says that a phone accepted the call.
    var saysBridged: Bool {
        self.bridged?.lowercased() == "yes"
    }
}

extension ScriptedCall {
    /// What must hold of the records of the call.
    func expectations(callID: String) -> CallFlow {
        var flow = CallFlow(callID: callID, deliveries: [])
        for leg in self.legs where leg.isExternal {
            switch (leg.isAnswered, leg.isOutgoing) {
            case (nil, _): break
            case (_, true) where leg.callBackID != nil: flow.callbackLegs.insert(leg.subCallID)
            case (true, _): flow.answeredExternalLegs.insert(leg.subCallID)
            case (false, true): flow.unansweredOutgoingLegs.insert(leg.subCallID)
            case (false, false): break
            }
        }
        flow.unansweredIncomingLegs = Set(
            self.legs.filter { $0.isAnswered == false && !$0.isOutgoing }.map(\.subCallID)
        )
        flow.hasBridgedYes = self.reports.contains(where: \.saysBridged)
        let missed = self.reports.filter(\.saysMissed)
        let queues = missed.filter { PBXLine.queues.contains($0.line) }
        let place = (queues.isEmpty ? missed : queues).max { $0.at < $1.at }
        flow.missedAt = flow.hasBridgedYes ? nil : place?.line.id
        return flow
    }
}
