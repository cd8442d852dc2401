/// Plays one call: every step takes some time of its clock.
struct CallScript {
    let callID: String
    private(set) var call = ScriptedCall()
    var clock: Int64
    var random: SeededGenerator

    init(callID: String, clock: Int64, random: SeededGenerator) {
        self.callID = callID
        self.clock = clock
        self.random = random
    }
}

// MARK: Steps

extension CallScript {
    /// Lets up to that many seconds pass, and at least a millisecond.
    mutating func wait(upTo seconds: Int64) {
        self.clock += Int64.random(in: 1000...seconds * 1_000_000, using: &self.random)
    }

    mutating func phone(besides other: PBXLine? = nil) -> PBXLine {
        PBXLine.phones.filter { $0 != other }.randomElement(using: &self.random) ?? PBXLine.phones[0]
    }

    /// A call reaches a phone; gives the number of the leg.
    mutating func ring(
        _ phone: PBXLine,
        from caller: Party,
        did: String? = nil,
        queue: PBXLine? = nil,
        remote: Party? = nil
    ) -> Int {
        let subCallID = "\(phone.id)-\(self.random.hex32())"
        var leg = ScriptedLeg(phone: phone, subCallID: subCallID, isOutgoing: false, other: caller)
        leg.did = did
        leg.queue = queue
        leg.remote = remote
        leg.repeatsRemote = self.random.chance(50)
        leg.dialledAt = self.clock
        self.call.legs.append(leg)
        return self.call.legs.count - 1
    }

    /// A phone calls; gives the number of the leg.
    mutating func dial(_ called: Party, from phone: PBXLine, callBackID: String? = nil) -> Int {
        // The PBX names the first outgoing leg of a call after the call itself.
        let isFirst = self.call.legs.isEmpty
        let subCallID = "\(phone.id)-\(isFirst ? self.callID : self.random.hex32())"
        var leg = ScriptedLeg(phone: phone, subCallID: subCallID, isOutgoing: true, other: called)
        leg.callBackID = callBackID
        leg.dialledAt = self.clock
        self.call.legs.append(leg)
        return self.call.legs.count - 1
    }

    mutating func answer(_ leg: Int) {
        self.wait(upTo: 20)
        self.call.legs[leg].answeredAt = self.clock
    }

    mutating func hangUp(_ leg: Int) {
        self.wait(upTo: 1)
        var hangup = ScriptedLeg.Hangup(at: self.clock, status: "ANSWER")
        if let answeredAt = self.call.legs[leg].answeredAt {
            hangup.duration = String(self.clock - answeredAt)
            hangup.recID =
                self.random.chance(80) ? "\(self.call.legs[leg].phone.id)-\(self.random.hex32())" : nil
        } else {
            hangup.status =
                ["NOANSWER", "CANCEL", "BUSY", "CONGESTION", "CHANUNAVAIL", "REDIRECTED"]
                .randomElement(using: &self.random) ?? "CANCEL"
            hangup.duration = self.random.chance(50) ? "0" : nil
        }
        self.call.legs[leg].hangups.append(hangup)
    }

    /// The leg is answered, they talk and hang up.
    mutating func talk(on leg: Int) {
        self.answer(leg)
        self.wait(upTo: self.random.chance(2) ? 7200 : 300)
        self.hangUp(leg)
    }

    /// The leg rings in vain.
    mutating func giveUp(_ leg: Int) {
        self.wait(upTo: 30)
        self.hangUp(leg)
    }

    /// An IVR or a queue lets the call go.
    mutating func report(
        _ line: PBXLine,
        caller: Party,
        did: String? = nil,
        remote: Party? = nil,
        isAnswered: Bool
    ) {
        self.wait(upTo: 1)
        let words = isAnswered ? ["yes", "yes", "yes", "Yes", "YES"] : ["no", "no", "no", "No", "NO"]
        self.call.reports.append(
            ScriptedReport(
                line: line,
                subCallID: "\(line.id)-\(self.random.hex32())",
                caller: caller,
                remote: remote,
                did: did,
                at: self.clock,
                bridged: words.randomElement(using: &self.random)
            )
        )
    }

    /// A queue's own end of an attempt to reach an agent: an `out` thread that says nothing, or no, of the caller.
    mutating func endAttempt(of queue: PBXLine, caller: Party) {
        self.report(queue, caller: caller, isAnswered: false)
        let last = self.call.reports.count - 1
        self.call.reports[last].flow = "out"
        self.call.reports[last].status = "NOANSWER"
        self.call.reports[last].bridged = self.random.chance(70) ? nil : "no"
    }

    /// The leg comes from a forward; `line` when it goes to a colleague.
    mutating func markTransferred(_ leg: Int, to line: PBXLine? = nil) {
        self.call.legs[leg].isTransferred = true
        self.call.legs[leg].calledLine = line
    }

    mutating func name(_ line: PBXLine, asCalledBy leg: Int) {
        self.call.legs[leg].calledLine = line
    }
}

// MARK: What goes wrong

extension CallScript {
    /// Makes the call one that a real PBX and a real network might report.
    mutating func disturb() {
        self.repeatHangups()
        self.garbleDurations()
        self.garbleBridged()
        self.contradict()
        if self.random.chance(10) {
            self.useCoarseClock()
        }
        if self.random.chance(20) {
            self.loseEvents()
        }
    }

    /// The recording is sometimes not ready at the hangup, and another hangup brings it.
    private mutating func repeatHangups() {
        for index in self.call.legs.indices where self.random.chance(6) {
            guard var hangup = self.call.legs[index].hangups.first, hangup.recID != nil else { continue }
            self.call.legs[index].hangups[0].recID = nil
            hangup.at += Int64.random(in: 1_000_000...60_000_000, using: &self.random)
            self.call.legs[index].hangups.append(hangup)
        }
    }

    private mutating func garbleDurations() {
        let odd = ["", "0", "-5000000", "unknown", "2147483648000", "86400000000", "99999999999999999999"]
        for index in self.call.legs.indices where self.random.chance(4) {
            let duration = self.random.chance(20) ? nil : odd.randomElement(using: &self.random)
            for position in self.call.legs[index].hangups.indices {
                self.call.legs[index].hangups[position].duration = duration
            }
        }
    }

    private mutating func garbleBridged() {
        for index in self.call.reports.indices where self.random.chance(5) {
            self.call.reports[index].bridged = [nil, "", "maybe"].randomElement(using: &self.random) ?? nil
        }
    }

    /// A hangup, or a report, that says the opposite of what was.
    private mutating func contradict() {
        for index in self.call.legs.indices where self.random.chance(2) {
            for position in self.call.legs[index].hangups.indices {
                self.call.legs[index].hangups[position].status = self.random.chance(50) ? "ANSWER" : "CANCEL"
            }
        }
        for index in self.call.reports.indices where self.random.chance(2) {
            self.call.reports[index].bridged = self.random.chance(50) ? "yes" : "no"
        }
    }

    /// Whole seconds, so that several events of a leg have one time.
    private mutating func useCoarseClock() {
        func coarse(_ time: Int64) -> Int64 { time - time % 1_000_000 }
        for index in self.call.legs.indices {
            self.call.legs[index].dialledAt = self.call.legs[index].dialledAt.map(coarse)
            self.call.legs[index].answeredAt = self.call.legs[index].answeredAt.map(coarse)
            for position in self.call.legs[index].hangups.indices {
                self.call.legs[index].hangups[position].at = coarse(self.call.legs[index].hangups[position].at)
            }
        }
    }

    private mutating func loseEvents() {
        let complete = self.call
        for index in self.call.legs.indices {
            if self.random.chance(15) { self.call.legs[index].dialledAt = nil }
            if self.random.chance(15) { self.call.legs[index].answeredAt = nil }
            var random = self.random
            self.call.legs[index].hangups.removeAll { _ in random.chance(15) }
            self.random = random
        }
        var random = self.random
        self.call.reports.removeAll { _ in random.chance(15) }
        self.random = random
        let hasLegs = self.call.legs.contains {
            $0.dialledAt != nil || $0.answeredAt != nil || !$0.hangups.isEmpty
        }
        if !hasLegs, self.call.reports.isEmpty {
            self.call = complete
        }
    }
}
