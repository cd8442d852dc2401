import Storage
import Telephony

/// How far the PBX follows the mappings: the `reconcile` block of a mapping write's answer, and `GET …/reconcile`. A pure value.
struct ReconcileReport: Hashable, Sendable {
    /// Of one extension. `removed`: it is not wanted any more and nothing of ours is left.
    enum State: String, Hashable, Sendable { case active, pending, failed, removed }

    /// Of the whole set.
    enum Status: String, Hashable, Sendable { case converged, partial, failed, pending }

    /// One extension that is mapped, or that this write unmapped.
    struct Entry: Hashable, Sendable {
        var extensionID: ExtensionID
        /// Mapped, of a tenant that is active.
        var isWanted: Bool
        var state: State
        var name: String?
        var type: String?
        var added: [String]
        var removed: [String]
        var missing: [String]
        var problem: OpenedProblem?
    }

    /// In the order of extension ids.
    let entries: [Entry]

    /// `mappings`: the set that is wanted.
    /// `isSuspended`: nothing is wanted on the PBX until the tenant is active again.
    /// `tickets`: the runs that this write waits for, only whose changes are told then; nil when it is only asked how things
    /// stand, which tells each extension's last run.
    init(
        mappings: [Mapping],
        isSuspended: Bool = false,
        tickets: [ReconcileTicket]? = nil,
        states: [SubscriptionState],
        directory: [ListedExtension],
        problems: [OpenedProblem]
    ) {
        let states = Dictionary(states.map { ($0.extensionID, $0) }, uniquingKeysWith: { first, _ in first })
        let listed = Dictionary(directory.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let generations = Dictionary((tickets ?? []).map { ($0.extensionID, $0.generation) }, uniquingKeysWith: max)
        let mapped = Set(mappings.map(\.extensionID))
        let leaving = states.values.filter { $0.state != .removed && !mapped.contains($0.extensionID) }
        let shown = mapped.union(generations.keys).union(leaving.map(\.extensionID))
        self.entries = shown.sorted().map { id in
            let state = states[id]
            let isAnswered = generations[id].map { state?.generation ?? 0 >= $0 } ?? true
            let isWanted = mapped.contains(id) && !isSuspended
            let isTold = isAnswered && (tickets == nil || generations[id] != nil)
            return Entry(
                extensionID: id,
                isWanted: isWanted,
                state: State(isWanted: isWanted, state: state?.state, isAnswered: isAnswered),
                name: listed[id]?.name,
                type: listed[id]?.type.rawValue,
                added: isTold ? state?.added ?? [] : [],
                removed: isTold ? state?.removed ?? [] : [],
                missing: state?.missing ?? [],
                problem: problems.first { $0.extensionID == id && !$0.problem.code.concernsEvents }
            )
        }
    }

    /// `failed`: no wanted extension became active; `partial`: some did.
    var status: Status {
        if self.entries.contains(where: { $0.state == .pending }) {
            return .pending
        }
        let wanted = self.entries.filter(\.isWanted)
        let reached = self.entries.count { $0.state == .active || $0.state == .removed }
        if reached == self.entries.count {
            return .converged
        }
        return wanted.contains { $0.state == .active } ? .partial : .failed
    }

    /// - Throws: ``JSONParser/Malformed`` when a problem's data cannot be read.
    func json(in language: Language) throws -> JSONValue {
        [
            "status": .string(self.status.rawValue),
            "extensions": .array(try self.entries.map { try $0.json(in: language) }),
        ]
    }
}

extension ReconcileReport.State {
    /// `state`: what the last run left; nil when there was none.
    /// `isAnswered`: false while the run that is waited for has not ended.
    init(isWanted: Bool, state: SubscriptionState.State?, isAnswered: Bool) {
        switch state {
        case _ where !isAnswered, nil, .pending: self = .pending
        case .active: self = isWanted ? .active : .pending
        case .removed: self = isWanted ? .pending : .removed
        case .failed: self = .failed
        }
    }
}

extension ReconcileReport.Entry {
    fileprivate func json(in language: Language) throws -> JSONValue {
        [
            "extension_id": .integer(self.extensionID.rawValue),
            "name": JSONValue(self.name),
            "type": JSONValue(self.type),
            "state": .string(self.state.rawValue),
            "added": JSONValue(self.added),
            "removed": JSONValue(self.removed),
            "missing": JSONValue(self.missing),
            "problem": try self.problem?.json(in: language) ?? .null,
        ]
    }
}
