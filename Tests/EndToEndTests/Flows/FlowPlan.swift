import TestSupport

/// What a PBX of several tenants sends: random flows, torn apart in time, shuffled and repeated.
struct FlowPlan: Sendable {
    /// One event of a tenant's call.
    struct Event: Hashable, Sendable {
        /// Which tenant, by its place in the list of tenants.
        var tenant: Int
        var callID: String
        var delivery: CallFlow.Delivery
    }

    /// One webhook.
    struct Webhook: Sendable {
        enum Form: CaseIterable { case query, body, queryAndBody }

        var event: Event
        var form: Form
        /// Which server it goes to first.
        var server: Int
    }

    /// What is sent at first.
    private(set) var first: [Webhook] = []
    /// What is sent when all that has been assembled.
    private(set) var later: [Webhook] = []
    /// All of it.
    var webhooks: [Webhook] { self.first + self.later }
    /// CallIDs that two tenants have.
    private(set) var sharedCallIDs: Set<String> = []

    /// Every fifth flow is also another tenant's, with some of its events lost; of half the flows some events come later; of
    /// the webhooks one in four is sent again, to the other server.
    init(seed: UInt64, flows: Int, tenants: Int, startingAt microseconds: Int64) {
        var random = SeededGenerator(seed: seed)
        var generator = CallFlowGenerator(seed: seed)
        for number in 0..<flows {
            let start = microseconds + Int64.random(in: 0..<600_000_000, using: &random)
            let flow = generator.next(startingAt: start)
            self.add(flow.deliveries, callID: flow.callID, tenant: number % tenants, using: &random)
            if number.isMultiple(of: 5) {
                self.sharedCallIDs.insert(flow.callID)
                let kept = flow.deliveries.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
                self.add(kept, callID: flow.callID, tenant: (number + 1) % tenants, using: &random)
            }
        }
        self.first.shuffle(using: &random)
        self.later.shuffle(using: &random)
    }

    private mutating func add(
        _ deliveries: [CallFlow.Delivery],
        callID: String,
        tenant: Int,
        using random: inout SeededGenerator
    ) {
        let isSplit = Bool.random(using: &random)
        for delivery in deliveries {
            var webhook = Webhook(
                event: Event(tenant: tenant, callID: callID, delivery: delivery),
                form: Webhook.Form.allCases.randomElement(using: &random) ?? .body,
                server: Int.random(in: 0...1, using: &random)
            )
            var isLate = isSplit && Bool.random(using: &random)
            self.append(webhook, isLate: isLate)
            if Int.random(in: 0..<4, using: &random) == 0 {
                webhook.server = 1 - webhook.server
                webhook.event.delivery.fields.shuffle(using: &random)
                isLate = isLate || Bool.random(using: &random)
                self.append(webhook, isLate: isLate)
            }
        }
    }

    private mutating func append(_ webhook: Webhook, isLate: Bool) {
        if isLate {
            self.later.append(webhook)
        } else {
            self.first.append(webhook)
        }
    }
}
