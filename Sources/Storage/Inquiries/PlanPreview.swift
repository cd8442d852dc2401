import Postgres
package import Telephony

/// What runs over some extensions would do on the PBX, and what that costs. Holds no URL and no token.
package struct PlanPreview: Codable, Hashable, Sendable {
    /// An extension to plan for.
    package struct Subject: Codable, Hashable, Sendable {
        package var extensionID: ExtensionID
        /// Whether it is mapped when the run comes.
        package var isMapped: Bool

        package init(extensionID: ExtensionID, isMapped: Bool) {
            self.extensionID = extensionID
            self.isMapped = isMapped
        }
    }

    /// The plan of one extension.
    package struct Entry: Codable, Hashable, Sendable {
        package var extensionID: ExtensionID
        /// Nil when no listing of the PBX ever named it.
        package var name: String?
        package var type: String?
        /// In the order in which they would be taken.
        package var steps: [Step]
        /// Slots as listed, and when the steps have been taken; nil when there was no list.
        package var before: Slots?
        package var after: Slots?
        /// What the run would end with.
        package var problem: Trouble?
        /// Requests that the run would send to the PBX, as far as it can be told.
        package var requests: Int

        package init(extensionID: ExtensionID, name: String?, type: String?) {
            self.extensionID = extensionID
            self.name = name
            self.type = type
            self.steps = []
            self.requests = 0
        }
    }

    /// One step of a plan.
    package struct Step: Codable, Hashable, Sendable {
        package enum Action: String, Codable, Sendable { case create, update, delete, keep }

        package var action: Action
        package var eventType: String
        package var reason: SubscriptionPlan.Reason

        package init(_ step: SubscriptionPlan.Step) {
            switch step.action {
            case .create(let eventType): (self.action, self.eventType) = (.create, eventType)
            case .update(_, let eventType): (self.action, self.eventType) = (.update, eventType)
            case .delete(_, let eventType): (self.action, self.eventType) = (.delete, eventType)
            case .keep(_, let eventType): (self.action, self.eventType) = (.keep, eventType)
            }
            self.reason = step.reason
        }
    }

    /// How the event slots of an extension are used.
    package struct Slots: Codable, Hashable, Sendable {
        package var limit: Int
        package var used: Int
        package var ours: Int
        package var foreign: Int
        package var foreignHosts: [String: Int]
        package var free: Int

        package init(_ slots: SubscriptionPlan.Slots) {
            self.limit = slots.limit
            self.used = slots.used
            self.ours = slots.ours
            self.foreign = slots.foreign
            self.foreignHosts = slots.foreignHosts
            self.free = slots.free
        }
    }

    /// A problem on its way through JSON.
    package struct Trouble: Codable, Hashable, Sendable {
        private var code: Problem.Code
        private var data: String

        package init(_ problem: Problem) {
            self.code = problem.code
            self.data = String(decoding: problem.data.bytes, as: UTF8.self)
        }

        package var problem: Problem {
            Problem(code: self.code, data: PostgresJSON(bytes: Array(self.data.utf8)))
        }
    }

    /// In the order of extension ids.
    package var entries: [Entry]
    /// Requests that may be sent to the PBX before the next has to wait; nil while the PBX has not said.
    package var availableRequests: Int?

    package init(entries: [Entry], availableRequests: Int?) {
        self.entries = entries
        self.availableRequests = availableRequests
    }

    /// Requests that all the runs would send.
    package var neededRequests: Int { self.entries.reduce(0) { $0 + $1.requests } }
}

extension MappingStore {
    /// The extensions that a write of `wanted` would run, and whether each is mapped then.
    package func subjects(of wanted: [Mapping], current: MappingSet) async throws -> [PlanPreview.Subject] {
        let change = MappingChange(from: current.mappings, to: wanted)
        let states = try await self.transaction.reconcile.states()
        let active = Set(states.filter { $0.state == .active }.map(\.extensionID))
        let mapped = Set(change.newlyMapped + wanted.map(\.extensionID).filter { !active.contains($0) })
        return
            (mapped.map { PlanPreview.Subject(extensionID: $0, isMapped: true) }
            + change.unmapped.map { PlanPreview.Subject(extensionID: $0, isMapped: false) })
            .sorted { $0.extensionID < $1.extensionID }
    }
}

extension ExtensionID: Codable {}
extension SubscriptionPlan.Reason: Codable {}
extension Problem.Code: Codable {}
