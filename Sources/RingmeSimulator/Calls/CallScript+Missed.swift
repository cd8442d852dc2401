extension CallScript {
    /// Calls from outside that nobody takes, or that look like it.
    mutating func writeMissed(_ scenario: Scenario) {
        switch scenario {
        case .missedInQueueThenIVR:
            ringInVain()
            routerHangup(cast.queue, at: .seconds(22), bridged: "no")
            routerHangup(cast.ivr, at: .milliseconds(22_300), bridged: "no")
        case .missedInIVRThenQueue:
            ringInVain()
            routerHangup(cast.ivr, at: .seconds(22), bridged: "no")
            routerHangup(cast.queue, at: .milliseconds(22_400), bridged: "no")
        case .missedInQueueLate:
            ringInVain()
            routerHangup(cast.ivr, at: .seconds(22), bridged: "no")
            routerHangup(cast.queue, at: .milliseconds(22_400), bridged: "no", sentAt: .seconds(42))
        case .missedInTwoQueues, .missedInTwoQueuesReversed:
            routerHangup(cast.queue, at: .seconds(10), bridged: "no")
            routerHangup(cast.otherQueue, at: .seconds(25), bridged: "no")
            routerHangup(cast.ivr, at: .milliseconds(25_100), bridged: "no")
            if scenario == .missedInTwoQueuesReversed {
                send(inOrder: [2, 1, 0])
            }
        case .internalCallerInQueue:
            routerHangup(cast.queue, at: .seconds(20), bridged: "no", number: cast.first.name)
        case .directUnanswered:
            unanswered(cast.second, ring: .seconds(25), status: "NOANSWER")
        case .queueAgentHangups:
            ringInVain()
            routerHangup(cast.queue, at: .seconds(18), bridged: nil, flow: "out")
            routerHangup(cast.queue, at: .milliseconds(18_100), bridged: nil, flow: "out")
            routerHangup(cast.queue, at: .seconds(22), bridged: "no")
        case .missedThoughAnswered:
            answered(cast.second, talk: cast.talk ?? .seconds(30))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "no")
        case .missedThenAnswered:
            routerHangup(cast.queue, at: .seconds(10), bridged: "no")
            answered(cast.second, at: .seconds(12), talk: cast.talk ?? .seconds(30), queue: cast.otherQueue)
            routerHangup(cast.otherQueue, at: end(after: .milliseconds(100)), bridged: "yes")
            routerHangup(cast.ivr, at: end(after: .milliseconds(100)), bridged: "yes")
        default:
            routerHangup(cast.ivr, at: .seconds(15), bridged: "no")
        }
    }

    private mutating func ringInVain() {
        for phone in [cast.first, cast.second] {
            unanswered(phone, ring: .seconds(16), status: "NOANSWER", queue: cast.queue)
        }
    }
}
