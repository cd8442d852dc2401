/// Makes random calls of the scenarios' PBX: a second reading of the vendor's pages, which knows nothing of the code that
/// assembles calls. The same seed makes the same calls.
package struct CallFlowGenerator: Sendable {
    private var random: SeededGenerator

    /// A generator whose calls are determined by `seed`.
    package init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
    }

    /// The next call; its first event is at that instant, in microseconds since 1970 UTC, and the others within some hours.
    package mutating func next(startingAt microseconds: Int64) -> CallFlow {
        let callID = self.random.hex32()
        var script = CallScript(callID: callID, clock: microseconds, random: self.random)
        script.play()
        script.disturb()
        self.random = script.random
        var flow = script.call.expectations(callID: callID)
        flow.deliveries = script.call.deliveries(callID: callID, using: &self.random)
        return flow
    }
}

extension SeededGenerator {
    /// Whether something happens that does so in that many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    /// 32 hexadecimal digits, the form of the PBX's ids.
    mutating func hex32() -> String {
        let halves = [self.next(), self.next()].map { String($0, radix: 16) }
        return halves.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }
}
