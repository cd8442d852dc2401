import RingmeAPI
import Storage

/// Resources of which the PBX has said that it takes one request at a time (the second kind of 429): from then on requests of
/// this process wait here, first come first served, and the first of them for its turn among the processes.
actor Turns {
    private struct Resource: Hashable {
        var owner: PBXBudgetOwner
        var operation: PBXOperation
    }

    private struct Line {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private var lines: [Resource: Line] = [:]

    /// Returns when the request may be sent: at once, unless the resource takes one at a time.
    func take(_ operation: PBXOperation, of owner: PBXBudgetOwner) async {
        let resource = Resource(owner: owner, operation: operation)
        guard let line = self.lines[resource] else { return }
        guard line.isTaken else {
            self.lines[resource]?.isTaken = true
            return
        }
        await withCheckedContinuation { self.lines[resource]?.waiting.append($0) }
    }

    /// The request has ended.
    func giveBack(_ operation: PBXOperation, of owner: PBXBudgetOwner) {
        let resource = Resource(owner: owner, operation: operation)
        guard let line = self.lines[resource] else { return }
        if line.waiting.isEmpty {
            self.lines[resource]?.isTaken = false
        } else {
            self.lines[resource]?.waiting.removeFirst().resume()
        }
    }

    /// How many wait for their turn.
    func waiting(for operation: PBXOperation, of owner: PBXBudgetOwner) -> Int {
        self.lines[Resource(owner: owner, operation: operation)]?.waiting.count ?? 0
    }

    /// The PBX refused a request because another was in progress. Those in progress now are not waited for.
    func oneAtATime(_ operation: PBXOperation, of owner: PBXBudgetOwner) {
        let resource = Resource(owner: owner, operation: operation)
        if self.lines[resource] == nil {
            self.lines[resource] = Line()
        }
    }
}
