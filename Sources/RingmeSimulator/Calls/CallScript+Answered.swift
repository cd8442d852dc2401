extension CallScript {
    /// Calls from outside that somebody takes.
    mutating func writeAnswered(_ scenario: Scenario) {
        switch scenario {
        case .ringAll:
            writeRingAll()
        case .queueRingsTwice:
            unanswered(cast.first, ring: .seconds(15), status: "NOANSWER", queue: cast.queue)
            answered(cast.first, at: .seconds(20), talk: cast.talk ?? .seconds(33), queue: cast.queue)
            routerHangup(cast.queue, at: end(after: .milliseconds(200)), bridged: "yes")
        case .answeredViaQueue:
            answered(cast.second, talk: cast.talk ?? .seconds(42), queue: cast.queue)
        case .answeredWithoutPhoneEvents:
            routerHangup(cast.queue, at: .seconds(50), bridged: "yes")
            routerHangup(cast.ivr, at: .milliseconds(50_300), bridged: "yes")
        case .recordingLate:
            answered(cast.second, talk: cast.talk ?? .seconds(61), isRecordingLate: true)
        case .cyrillicName:
            answered(cast.second, talk: cast.talk ?? .seconds(61))
            revise { events in
                for index in events.indices {
                    events[index]["CallerIDName"] = "Пукин Васисуалий Карлович"
                }
            }
        case .wholeDay:
            answered(cast.second, talk: .seconds(86_400))
        case .negativeDuration:
            answered(cast.second, talk: cast.talk ?? .seconds(61))
            revise { events in
                events[events.count - 1]["Duration"] = "-5"
            }
        case .callIDInBothCases:
            answered(cast.second, talk: cast.talk ?? .seconds(61))
            revise { events in
                events[1]["CallID"] = events[1]["CallID"]?.uppercased()
            }
        default:
            answered(cast.second, talk: cast.talk ?? .seconds(61))
            routerHangup(cast.ivr, at: end(after: .milliseconds(200)), bridged: "yes")
        }
    }

    private mutating func writeRingAll() {
        let ring = Duration.seconds(7)
        let loserRing = ring + .milliseconds(100)
        unanswered(cast.first, ring: loserRing, status: "CANCEL", queue: cast.queue)
        answered(cast.second, ring: ring, talk: cast.talk ?? .seconds(48), queue: cast.queue)
        unanswered(cast.third, ring: loserRing, status: "CANCEL", queue: cast.queue)
        routerHangup(cast.queue, at: end(after: .milliseconds(200)), bridged: "yes")
    }

    /// So long after the last event.
    func end(after pause: Duration) -> Duration {
        (events.map(\.offset).max() ?? .zero) + pause
    }
}
