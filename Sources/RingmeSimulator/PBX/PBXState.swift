/// Everything the simulated PBX knows: a value without clock, sockets or locks. Each function is one thing that happens to it.
struct PBXState: Sendable {
    var identifiers: IdentifierSource
    /// Where the simulator listens; recordings are fetched from there.
    var baseURL = ""
    var clients: [Int: SimulatedClient] = [:]
    var extensions: [Int: SimulatedExtension] = [:]
    var agents: [Int: SimulatedAgent] = [:]
    /// Event rows by their number.
    var events: [Int: SimulatedEvent] = [:]
    /// Rows of agents' events by their number.
    var agentEvents: [Int: SimulatedEvent] = [:]
    var tokens: [String: AccessToken] = [:]
    var calls: [RecordedCall] = []
    /// The type that each application was last shown of each extension.
    var shownTypes: [String: [Int: String]] = [:]
    var faults = FaultScript()
    var violations: [Violation] = []
    var log = RequestLog()
    var deliveries: [Delivery] = []
    /// Extensions (by number) that a write is being worked on for.
    var writesInProgress: [Int: Int] = [:]
    /// Clients (by number) for whom a request to the call history is being worked on.
    var historyInProgress: Set<Int> = []
    private var lastEventID = 149
    private var lastTokenNumber = 0

    init(seed: UInt64) {
        identifiers = IdentifierSource(seed: seed)
    }

    /// The number of the next event row.
    mutating func nextEventID() -> Int {
        lastEventID += 1
        return lastEventID
    }

    /// The number of the next access token.
    mutating func nextTokenNumber() -> Int {
        lastTokenNumber += 1
        return lastTokenNumber
    }

    /// The rows of an extension in the order of their numbers.
    func rows(of extensionID: Int) -> [SimulatedEvent] {
        events.values.filter { $0.extensionID == extensionID }.sorted { $0.id < $1.id }
    }

    /// The rows of an agent in the order of their numbers.
    func rows(ofAgent agentID: Int) -> [SimulatedEvent] {
        agentEvents.values.filter { $0.extensionID == agentID }.sorted { $0.id < $1.id }
    }

    /// A client's extensions in the order of their numbers.
    func extensions(of clientID: Int) -> [SimulatedExtension] {
        extensions.values.filter { $0.clientID == clientID }.sorted { $0.id < $1.id }
    }

    /// The extension that a path names: by number, or `@name` within the client.
    func findExtension(_ reference: String, clientID: Int?) -> SimulatedExtension? {
        guard reference.hasPrefix("@") else { return Int(reference).flatMap { extensions[$0] } }
        let name = reference.dropFirst()
        return extensions.values.first {
            $0.clientID == clientID && ($0.name == name || $0.shortName == name)
        }
    }
}
