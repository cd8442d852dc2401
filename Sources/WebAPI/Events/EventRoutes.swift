import Hummingbird
import Metrics
import Storage
import Telephony

/// `GET|POST /ext-event/{token}`: the PBX's webhooks. The answer 200 means that the event is durable.
struct EventRoutes: Sendable {
    private let intake: EventIntake
    private let tokens: TokenDirectory
    private let gate: EventGate
    private let mismatch = Counter(label: "ringbridge_event_extension_mismatch")

    init(gate: EventGate, dependencies: WebAPIDependencies) {
        self.intake = dependencies.intake
        self.tokens = dependencies.tokens
        self.gate = gate
    }

    func add(to router: some RouterMethods<APIContext>) {
        EventGate.add(CallEventKind.self, to: router) { request, context in
            let webhook = try await self.gate.admit(request, context: context, owner: self.tokens.owner(of:))
            let event = ReceivedEvent(query: webhook.query, body: webhook.body)
            self.countMismatch(event, owner: webhook.owner)
            do throws(IntakeError) {
                try await self.intake.submit(event, owner: webhook.owner, source: webhook.source)
            } catch {
                throw HTTPProblem(error)
            }
        }
    }

    private func countMismatch(_ event: ReceivedEvent, owner: EventTokenOwner) {
        guard case .understood(_, let fields) = event else { return }
        let understood = CallEvent(
            extensionID: owner.extensionID,
            arrivedAt: Timestamp(microseconds: 0),
            fields: fields
        )
        if understood.isExtensionMismatch {
            self.mismatch.increment()
        }
    }
}

extension HTTPProblem {
    init(_ error: IntakeError) {
        switch error {
        case .unavailable: self = .temporary(.databaseUnavailable, retryAfterSeconds: 1)
        case .full: self = .temporary(.overloaded, retryAfterSeconds: 1)
        case .shuttingDown: self = .temporary(.shuttingDown, retryAfterSeconds: 1)
        }
    }
}
