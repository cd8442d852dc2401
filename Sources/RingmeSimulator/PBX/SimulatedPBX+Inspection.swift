extension SimulatedPBX {
    /// All clients in the order of their numbers.
    package var clients: [SimulatedClient] {
        withState { $0.clients.values.sorted { $0.id < $1.id } }
    }

    /// A client's extensions in the order of their numbers.
    package func extensions(of clientID: Int) -> [SimulatedExtension] {
        withState { $0.extensions(of: clientID) }
    }

    /// All agents in the order of their numbers.
    package var agents: [SimulatedAgent] {
        withState { $0.agents.values.sorted { $0.id < $1.id } }
    }

    /// All event rows of all extensions in the order of their numbers.
    package var allEvents: [SimulatedEvent] {
        withState { $0.events.values.sorted { $0.id < $1.id } }
    }

    /// The REST requests since the start, the last reset or ``clearRequestLog()``; the latest 100,000 at least.
    package var requestLog: [LoggedRequest] {
        withState { $0.log.requests }
    }

    /// How many requests of each kind the log has, of one client or of all.
    package func requestCounts(clientID: Int? = nil) -> RequestCounts {
        RequestCounts(of: requestLog.filter { clientID == nil || $0.clientID == clientID })
    }

    /// Forgets the requests so far.
    package func clearRequestLog() {
        withState { $0.log.removeAll() }
    }

    /// The access tokens issued and not taken back: secrets of the integration.
    package var accessTokens: [String] {
        withState { Array($0.tokens.keys) }
    }

    /// What an integration must never do and did.
    package var violations: [Violation] {
        withState { $0.violations }
    }

    /// Forgets the violations so far.
    package func clearViolations() {
        withState { $0.violations.removeAll() }
    }

    /// The webhook requests sent so far.
    package var deliveries: [Delivery] {
        withState { $0.deliveries }
    }

    /// The call history.
    package var calls: [RecordedCall] {
        withState { $0.calls }
    }

    /// Adds a misbehaviour. Of several that match a request the first added one that is due meets it.
    ///
    /// - Returns: Its number, as ``LoggedRequest/faultID`` shows it.
    @discardableResult
    package func addFault(_ fault: Fault) -> Int {
        withState { $0.faults.add(fault) }
    }

    /// Ends all misbehaviour.
    package func clearFaults() {
        withState { $0.faults.removeAll() }
    }

    /// How many requests a fault has met; nil when there is no such fault.
    package func requestsMet(byFault id: Int) -> Int? {
        withState { state in state.faults.entries.first { $0.id == id }?.met }
    }

    /// Keeps the latest deliveries.
    func note(_ deliveries: [Delivery]) {
        withState { state in
            state.deliveries += deliveries
            if state.deliveries.count > 200_000 {
                state.deliveries.removeFirst(state.deliveries.count - 100_000)
            }
        }
    }
}
