extension CallScript {
    /// Calls from outside that go on to a colleague or to a mobile.
    mutating func writeTransfer(_ scenario: Scenario) {
        switch scenario {
        case .attendedTransfer:
            answered(cast.first, talk: .seconds(34))
            var consultation = Leg(
                phone: cast.first,
                start: .seconds(20),
                end: .answered(.seconds(16)),
                number: cast.second.name
            )
            consultation.peer = cast.second
            outgoing(consultation)
            incoming(transferred(at: .milliseconds(20_100), .answered(cast.talk ?? .seconds(60))))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "yes")
        case .transferRefused:
            answered(cast.first, talk: .seconds(30))
            incoming(transferred(at: end(after: .milliseconds(300)), .unanswered("NOANSWER")))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "yes")
        case .forwardToMobile:
            unanswered(cast.second, ring: .seconds(12), status: "NOANSWER")
            outgoing(forwarded(from: cast.second, at: end(after: .milliseconds(200))))
        case .forwardFromIVR:
            outgoing(forwarded(from: cast.ivr, at: .seconds(5)))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "no")
        default:
            answered(cast.first, talk: .seconds(30))
            incoming(transferred(at: end(after: .milliseconds(300)), .answered(cast.talk ?? .seconds(45))))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "yes")
        }
    }

    private func transferred(at start: Duration, _ end: Leg.End) -> Leg {
        var leg = Leg(phone: cast.second, start: start, end: end, number: cast.first.name)
        leg.peer = cast.first
        leg.remoteNumber = cast.clientNumber
        leg.did = cast.calledDID
        leg.isRecorded = true
        return leg
    }

    private func forwarded(from owner: SimulatedExtension, at start: Duration) -> Leg {
        var leg = Leg(
            phone: owner,
            start: start,
            ring: .seconds(8),
            end: .answered(cast.talk ?? .seconds(25)),
            number: cast.mobileNumber
        )
        leg.isTransferred = true
        leg.isRecorded = true
        return leg
    }
}
