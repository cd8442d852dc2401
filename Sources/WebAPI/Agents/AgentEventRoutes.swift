import Hummingbird
import Metrics
import Postgres
import Storage
import Telephony

/// `GET|POST /agent-event/{token}`: the PBX's webhooks of queue agents. The answer 200 means that the event is durable and
/// the agent's presence is what it says.
struct AgentEventRoutes: Sendable {
    private let store: AgentEventStore
    private let tokens: TokenDirectory
    private let gate: EventGate
    private let metrics = AgentEventMetrics()

    init(gate: EventGate, dependencies: WebAPIDependencies) {
        self.store = AgentEventStore(database: dependencies.database)
        self.tokens = dependencies.tokens
        self.gate = gate
    }

    func add(to router: some RouterMethods<APIContext>) {
        EventGate.add(AgentEventKind.self, to: router) { request, context in
            let webhook = try await self.gate.admit(request, context: context, owner: self.tokens.agentOwner(of:))
            let event = ReceivedAgentEvent(query: webhook.query, body: webhook.body, agentID: webhook.owner.agentID)
            self.metrics.count(try await self.write(event, of: webhook))
        }
    }

    /// Stores the event, or its bytes when the database does not take the fields; gives what was stored.
    private func write(
        _ event: ReceivedAgentEvent,
        of webhook: Webhook<AgentTokenOwner>
    ) async throws -> ReceivedAgentEvent {
        do {
            try await self.store.write(event, owner: webhook.owner, source: webhook.source)
            return event
        } catch let error as StorageError where error.isRefusedContent {
            let refused = event.refusedByDatabase()
            try await self.store.write(refused, owner: webhook.owner, source: webhook.source)
            return refused
        } catch let error as StorageError where error.cause.code == .connectionLost && !Task.isCancelled {
            // A connection that the database closed meanwhile: an event stored twice changes no presence.
            try await self.store.write(event, owner: webhook.owner, source: webhook.source)
            return event
        }
    }
}

/// What became of the agents' events that were stored. Made once; no label per token, tenant or agent.
private struct AgentEventMetrics: Sendable {
    private let understood = Self.counter("stored", reason: "none")
    private let quarantined = Dictionary(
        AgentQuarantineReason.allCases.map { ($0, Self.counter("quarantined", reason: $0.rawValue)) },
        uniquingKeysWith: { first, _ in first }
    )

    func count(_ event: ReceivedAgentEvent) {
        switch event {
        case .understood: self.understood.increment()
        case .quarantined(_, let reason): self.quarantined[reason]?.increment()
        }
    }

    private static func counter(_ outcome: String, reason: String) -> Counter {
        Counter(label: "ringbridge_agent_events", dimensions: [("outcome", outcome), ("reason", reason)])
    }
}
