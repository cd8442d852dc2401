import RingmeAPI
import Storage
import Telephony

/// What a run holds while it speaks to the PBX: its lease, and the record of the rows that it adds and removes.
protocol RunLease: Sendable {
    /// Extends the lease.
    ///
    /// - Throws: ``LeaseLost``: nothing may be written any more.
    func renew() async throws

    /// The PBX has made a row of ours.
    func noteAdded(_ row: SubscriptionRow) async throws

    /// The PBX has confirmed that a row of ours is gone.
    func noteDeleted(_ rowID: Int64) async throws
}

/// The run is another process's now, or its time is over: the rest is for another run.
struct LeaseLost: Error {}

/// Takes the steps of plans over the rows of an extension, or of an agent, one by one, each while the lease holds.
struct SubscriptionSteps<Sender: EventSender, Lease: RunLease> {
    let sender: Sender
    let lease: Lease
    let session: PBXSession
    let isInteractive: Bool
    /// Where our rows deliver to; nil without a live token, then plans neither create nor change.
    let url: String?

    /// What was added and not taken back.
    private(set) var added: [SubscriptionRow] = []
    /// The event types of what was removed.
    private(set) var removed: [String] = []

    /// All our rows deliver by POST (decisions section 3).
    private static var deliveryMethod: String { "POST" }

    init(sender: Sender, lease: Lease, session: PBXSession, isInteractive: Bool, url: String?) {
        self.sender = sender
        self.lease = lease
        self.session = session
        self.isInteractive = isInteractive
        self.url = url
    }

    /// How the steps of a plan went.
    enum Outcome {
        /// All done; these are our rows now.
        case done(rows: [SubscriptionRow])
        /// The list is no longer what it was, or a POST's outcome is unknown: look again.
        case lookAgain
        /// The PBX does not take a row, and would not a second time: the set stays incomplete, so what was added is to be
        /// taken back. There were so many rows then, as far as is known.
        case refused(PBXError, rowsThen: Int)
    }

    /// All rows of the sender.
    func list() async throws -> [SubscriptionRow] {
        try await self.send { client throws(PBXError) in try await client.events(of: self.sender) }
    }

    /// Takes the steps of a plan over `rows`.
    ///
    /// - Throws: ``PBXFailure``, ``LeaseLost``, or ``Storage/StorageError``.
    mutating func execute(_ plan: SubscriptionPlan, over rows: [SubscriptionRow]) async throws -> Outcome {
        let byID = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var count = rows.count
        var ours: [SubscriptionRow] = []
        for step in plan.steps {
            do {
                switch step.action {
                case .keep(let id, _):
                    ours += byID[id].map { [$0] } ?? []
                case .create(let eventType):
                    guard let url = self.url else { continue }
                    ours.append(try await self.create(eventType, url: url))
                    count += 1
                case .update(let id, let eventType):
                    guard let url = self.url else { continue }
                    ours.append(try await self.update(id, eventType, url: url))
                case .delete(let id, let eventType):
                    try await self.delete(id)
                    self.removed.append(eventType)
                    count -= 1
                }
            } catch PBXFailure.pbx(let error) {
                if error.outcomeUnknown { return .lookAgain }
                switch (step.action, error.code) {
                case (.create, .notFound), (.update, .notFound): return .lookAgain
                case (.create, _) where error.isFinal: return .refused(error, rowsThen: count)
                default: throw PBXFailure.pbx(error)
                }
            }
        }
        return .done(rows: ours)
    }

    /// Deletes rows that were added in vain.
    mutating func takeBack(_ ids: some Sequence<Int64>) async throws {
        for id in ids {
            try await self.delete(id)
            self.added.removeAll { $0.id == id }
        }
    }

    private mutating func create(_ eventType: String, url: String) async throws -> SubscriptionRow {
        let row = try await self.send { client throws(PBXError) in
            try await client.createEvent(of: self.sender, type: eventType, url: url, method: Self.deliveryMethod)
        }
        self.added.append(row)
        try await self.lease.noteAdded(row)
        return row
    }

    private func update(_ id: Int64, _ eventType: String, url: String) async throws -> SubscriptionRow {
        try await self.send { client throws(PBXError) in
            try await client.updateEvent(
                of: self.sender,
                id: id,
                type: eventType,
                url: url,
                method: Self.deliveryMethod
            )
        }
    }

    /// Deletes a row of ours; one that is gone already is as good.
    private func delete(_ id: Int64) async throws {
        do {
            try await self.send { client throws(PBXError) in try await client.deleteEvent(of: self.sender, id: id) }
        } catch PBXFailure.pbx(let error) where error.code == .notFound {}
        try await self.lease.noteDeleted(id)
    }

    /// Sends a request, when the lease still holds.
    private func send<Value: Sendable>(
        _ request: (RingmeClient) async throws(PBXError) -> Value
    ) async throws -> Value {
        try await self.lease.renew()
        return try await self.session.send(isInteractive: self.isInteractive, request)
    }
}

extension PBXError {
    /// Whether the PBX has understood the request and will not do it, however often it is asked.
    fileprivate var isFinal: Bool {
        if case .refused = self.code { return true }
        return PBXTrouble(.pbx(self), attempts: 0).retryAfterSeconds == nil
    }
}
