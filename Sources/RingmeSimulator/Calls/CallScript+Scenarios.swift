extension CallScript {
    /// Writes the events of a scenario.
    mutating func write(_ scenario: Scenario) {
        switch scenario {
        case .answeredViaIVR, .ringAll, .queueRingsTwice, .answeredViaQueue, .answeredWithoutPhoneEvents,
            .recordingLate, .cyrillicName, .wholeDay, .negativeDuration, .callIDInBothCases:
            writeAnswered(scenario)
        case .missedInIVR, .missedInQueueThenIVR, .missedInIVRThenQueue, .missedInQueueLate, .missedInTwoQueues,
            .missedInTwoQueuesReversed, .internalCallerInQueue, .directUnanswered, .queueAgentHangups,
            .missedThoughAnswered, .missedThenAnswered:
            writeMissed(scenario)
        case .outgoingAnswered, .clickToCall:
            outgoing(to: cast.clientNumber, .answered(cast.talk ?? .microseconds(11_420_018)), ring: .seconds(12))
        case .outgoingBusy: outgoing(to: cast.clientNumber, .unanswered("BUSY"))
        case .outgoingCancelled: outgoing(to: cast.clientNumber, .unanswered("CANCEL"))
        case .outgoingNoAnswer: outgoing(to: cast.clientNumber, .unanswered("NOANSWER"), ring: .seconds(40))
        case .outgoingCongestion: outgoing(to: cast.clientNumber, .unanswered("CONGESTION"), ring: .seconds(1))
        case .outgoingUnavailable: outgoing(to: cast.clientNumber, .unanswered("CHANUNAVAIL"), ring: .seconds(1))
        case .outgoingUnknownStatus: outgoing(to: cast.clientNumber, .unanswered("REDIRECTED"))
        case .internal: writeInternal(dialled: cast.second.name)
        case .internalByShortName: writeInternal(dialled: cast.second.shortName)
        case .blindTransfer, .attendedTransfer, .transferRefused, .forwardToMobile, .forwardFromIVR:
            writeTransfer(scenario)
        case .websiteCallMissed, .websiteCallAnswered: writeWebsiteCall(scenario)
        case .hangupBeforeAnswer, .hangupBeforeDialIn, .everythingTwice, .withoutDialIn, .withoutAnswer,
            .withoutHangup:
            writeDisturbed(scenario)
        }
    }

    /// A call from outside that a phone takes.
    mutating func answered(
        _ phone: SimulatedExtension,
        at start: Duration = .seconds(2),
        ring: Duration = .seconds(4),
        talk: Duration,
        queue: SimulatedExtension? = nil,
        isRecordingLate: Bool = false
    ) {
        var leg = Leg(phone: phone, start: start, ring: ring, end: .answered(talk), number: cast.clientNumber)
        leg.peer = queue
        leg.did = cast.calledDID
        leg.isRecorded = !isRecordingLate
        leg.isRecordingLate = isRecordingLate
        incoming(leg)
    }

    /// A call from outside that a phone does not take.
    mutating func unanswered(
        _ phone: SimulatedExtension,
        at start: Duration = .seconds(2),
        ring: Duration,
        status: String,
        queue: SimulatedExtension? = nil
    ) {
        var leg = Leg(phone: phone, start: start, ring: ring, end: .unanswered(status), number: cast.clientNumber)
        leg.peer = queue
        leg.did = cast.calledDID
        incoming(leg)
    }

    private mutating func outgoing(to number: String, _ end: Leg.End, ring: Duration = .seconds(6)) {
        var leg = Leg(phone: cast.second, start: .zero, ring: ring, end: end, number: number)
        leg.isFirst = true
        leg.isRecorded = true
        outgoing(leg)
    }

    private mutating func writeInternal(dialled: String) {
        let talk = cast.talk ?? .seconds(20)
        var dial = Leg(phone: cast.first, start: .zero, ring: .seconds(5), end: .answered(talk), number: dialled)
        dial.peer = cast.second
        dial.isFirst = true
        outgoing(dial)
        var ring = Leg(
            phone: cast.second,
            start: .milliseconds(100),
            ring: .milliseconds(4900),
            end: .answered(talk),
            number: cast.first.name
        )
        ring.peer = cast.first
        incoming(ring)
    }

    private mutating func writeWebsiteCall(_ scenario: Scenario) {
        var dial = Leg(
            phone: cast.first,
            start: .zero,
            ring: .seconds(8),
            end: .answered(.seconds(50)),
            number: cast.clientNumber
        )
        dial.isFirst = true
        dial.callbackID = "cb-\(callID.prefix(12))"
        outgoing(dial)
        if scenario == .websiteCallAnswered {
            answered(cast.second, at: .seconds(14), talk: cast.talk ?? .seconds(38))
            routerHangup(cast.ivr, at: .milliseconds(58_300), bridged: "yes")
        } else {
            routerHangup(cast.ivr, at: .milliseconds(58_300), bridged: "no")
        }
    }

    private mutating func writeDisturbed(_ scenario: Scenario) {
        if scenario == .hangupBeforeDialIn {
            var leg = Leg(
                phone: cast.second,
                start: .seconds(2),
                end: .answered(cast.talk ?? .seconds(45)),
                number: cast.first.name
            )
            leg.peer = cast.first
            leg.remoteNumber = cast.clientNumber
            leg.did = cast.calledDID
            leg.isRecorded = true
            incoming(leg)
        } else {
            answered(cast.second, talk: cast.talk ?? .seconds(61))
        }
        switch scenario {
        case .hangupBeforeAnswer: send(inOrder: [0, 2, 1])
        case .hangupBeforeDialIn: send(inOrder: [2, 0, 1])
        case .everythingTwice: send(inOrder: [0, 0, 1, 1, 2, 2])
        case .withoutDialIn: send(inOrder: [1, 2])
        case .withoutAnswer: send(inOrder: [0, 2])
        case .withoutHangup: send(inOrder: [0, 1])
        default: break
        }
    }
}
