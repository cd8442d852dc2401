// The ways in which a call can go.

extension CallScript {
    /// Plays a call of some kind.
    mutating func play() {
        switch Int.random(in: 0..<100, using: &self.random) {
        case ..<8: self.directCall()
        case ..<18: self.ivrCall()
        case ..<30: self.parallelRing()
        case ..<44: self.queueRounds()
        case ..<60: self.transferChain()
        case ..<74: self.outgoingCall()
        case ..<84: self.internalCall()
        case ..<92: self.forward()
        default: self.callback()
        }
    }

    private mutating func number() -> String? {
        self.random.chance(85) ? ["74959998877", "78123334455"].randomElement(using: &self.random) : nil
    }

    /// Straight to a phone.
    private mutating func directCall() {
        let client = Party.client(using: &self.random)
        let leg = self.ring(self.phone(), from: client, did: self.number())
        if self.random.chance(60) { self.talk(on: leg) } else { self.giveUp(leg) }
    }

    /// A voice menu, then a phone, or nobody.
    private mutating func ivrCall() {
        let client = Party.client(using: &self.random)
        let did = self.number()
        let isAnswered = self.random.chance(50)
        if isAnswered || self.random.chance(50) {
            let leg = self.ring(self.phone(), from: client, did: did)
            if isAnswered { self.talk(on: leg) } else { self.giveUp(leg) }
        }
        self.report(.ivr, caller: client, did: did, isAnswered: isAnswered)
    }

    /// Several phones ring at once, and at most one answers.
    private mutating func parallelRing() {
        let client = Party.client(using: &self.random)
        let did = self.number()
        let queue = self.random.chance(70) ? PBXLine.queues.randomElement(using: &self.random) : nil
        let phones = PBXLine.phones.shuffled(using: &self.random).prefix(Int.random(in: 2...3, using: &self.random))
        var legs = phones.map { self.ring($0, from: client, did: did, queue: queue) }
        let isAnswered = self.random.chance(65)
        if isAnswered {
            let winner = legs.removeLast()
            self.answer(winner)
            // A losing phone's hangup can come after the talk as well.
            let late = self.random.chance(20) ? legs.popLast() : nil
            for leg in legs { self.hangUp(leg) }
            self.wait(upTo: 200)
            self.hangUp(winner)
            if let late { self.hangUp(late) }
        } else {
            for leg in legs { self.giveUp(leg) }
        }
        self.finish(queues: queue.map { [$0] } ?? [], caller: client, did: did, isAnswered: isAnswered)
    }

    /// A queue goes round its phones, also several times, and may hand the caller on to the next queue.
    private mutating func queueRounds() {
        let caller =
            self.random.chance(12)
            ? Party.line(self.phone(), using: &self.random) : Party.client(using: &self.random)
        let did = caller.isOutside ? self.number() : nil
        var passed: [PBXLine] = []
        for queue in PBXLine.queues.shuffled(using: &self.random).prefix(self.random.chance(25) ? 2 : 1) {
            passed.append(queue)
            for _ in 0..<Int.random(in: 1...4, using: &self.random) {
                let leg = self.ring(self.phone(), from: caller, did: did, queue: queue)
                if self.random.chance(25) {
                    self.talk(on: leg)
                    self.finish(queues: passed, caller: caller, did: did, isAnswered: true)
                    return
                }
                self.giveUp(leg)
                if self.random.chance(15) { self.endAttempt(of: queue, caller: caller) }
            }
            // Some queues report when they hand the caller on, before the end of the call is known.
            if passed.count == 1, self.random.chance(20) {
                self.report(queue, caller: caller, did: did, isAnswered: false)
                passed.removeLast()
            }
        }
        self.finish(queues: passed, caller: caller, did: did, isAnswered: false)
    }

    /// The reports at the end of a call, the menu's before or after the queues'; a queue's sometimes late.
    private mutating func finish(queues: [PBXLine], caller: Party, did: String?, isAnswered: Bool) {
        let hasMenu = queues.isEmpty || self.random.chance(60)
        let isMenuFirst = self.random.chance(40)
        if hasMenu, isMenuFirst {
            self.report(.ivr, caller: caller, did: did, isAnswered: isAnswered)
        }
        for queue in queues {
            if self.random.chance(10) { self.wait(upTo: 40) }
            self.report(queue, caller: caller, did: did, isAnswered: isAnswered)
        }
        if hasMenu, !isMenuFirst {
            self.report(.ivr, caller: caller, did: did, isAnswered: isAnswered)
        }
    }

    /// A talk that goes from colleague to colleague; the last may not take it, or a queue may get it.
    private mutating func transferChain() {
        let client = Party.client(using: &self.random)
        let did = self.number()
        var holder = self.phone()
        self.talk(on: self.ring(holder, from: client, did: did))
        for _ in 0..<Int.random(in: 1...4, using: &self.random) {
            let next = self.phone(besides: holder)
            let colleague = Party.line(holder, using: &self.random)
            // Of a hidden caller the PBX has no number to tell.
            let remote = client.number == nil ? nil : client
            if self.random.chance(40) {
                // Attended: the colleagues talk first.
                let local = self.dial(Party.line(next, using: &self.random), from: holder)
                self.name(next, asCalledBy: local)
                self.talk(on: local)
            }
            let leg = self.ring(next, from: colleague, remote: remote)
            guard self.random.chance(80) else {
                self.giveUp(leg)
                break
            }
            self.talk(on: leg)
            holder = next
        }
        if self.random.chance(10), client.number != nil, let queue = PBXLine.queues.randomElement(using: &self.random) {
            let colleague = Party.line(holder, using: &self.random)
            self.report(queue, caller: colleague, remote: client, isAnswered: self.random.chance(50))
        }
        if self.random.chance(60) {
            self.report(.ivr, caller: client, did: did, isAnswered: true)
        }
    }

    private mutating func outgoingCall() {
        let leg = self.dial(Party.dialled(using: &self.random), from: self.phone())
        if self.random.chance(60) { self.talk(on: leg) } else { self.giveUp(leg) }
    }

    /// A colleague calls a colleague, or a queue.
    private mutating func internalCall() {
        let caller = self.phone()
        if self.random.chance(25), let queue = PBXLine.queues.randomElement(using: &self.random) {
            let party = Party.line(caller, using: &self.random)
            let leg = self.dial(Party.line(queue, using: &self.random), from: caller)
            self.name(queue, asCalledBy: leg)
            self.giveUp(leg)
            self.report(queue, caller: party, isAnswered: false)
            return
        }
        let called = self.phone(besides: caller)
        let out = self.dial(Party.line(called, using: &self.random), from: caller)
        if self.random.chance(50) { self.name(called, asCalledBy: out) }
        let into = self.ring(called, from: Party.line(caller, using: &self.random))
        if self.random.chance(60) {
            self.answer(into)
            self.answer(out)
            self.wait(upTo: 120)
            self.hangUp(into)
            self.hangUp(out)
        } else {
            self.giveUp(into)
            self.hangUp(out)
        }
    }

    /// A phone that is not taken passes the call on, to a mobile or to a colleague.
    private mutating func forward() {
        let client = Party.client(using: &self.random)
        let did = self.number()
        let phone = self.phone()
        self.giveUp(self.ring(phone, from: client, did: did))
        if self.random.chance(70) {
            let leg = self.dial(Party.dialled(using: &self.random), from: phone)
            self.markTransferred(leg)
            if self.random.chance(60) { self.talk(on: leg) } else { self.giveUp(leg) }
            // The PBX knows a phone's acceptance only; a mobile's is none.
            if self.random.chance(40) { self.report(.ivr, caller: client, did: did, isAnswered: false) }
        } else {
            let colleague = self.phone(besides: phone)
            let out = self.dial(Party.line(colleague, using: &self.random), from: phone)
            self.markTransferred(out, to: colleague)
            let into = self.ring(colleague, from: client)
            self.answer(out)
            self.talk(on: into)
            self.hangUp(out)
            if self.random.chance(40) { self.report(.ivr, caller: client, did: did, isAnswered: true) }
        }
    }

    /// A website calls its visitor on a phone's behalf and connects him with the menu.
    private mutating func callback() {
        let visitor = Party.dialled(using: &self.random)
        let leg = self.dial(visitor, from: self.phone(), callBackID: "cb-\(self.random.hex32())")
        guard self.random.chance(80) else {
            self.giveUp(leg)
            return
        }
        self.answer(leg)
        let isAnswered = self.random.chance(50)
        if isAnswered {
            self.talk(on: self.ring(self.phone(), from: visitor))
        }
        self.hangUp(leg)
        if self.random.chance(80) { self.report(.ivr, caller: visitor, isAnswered: isAnswered) }
    }
}
