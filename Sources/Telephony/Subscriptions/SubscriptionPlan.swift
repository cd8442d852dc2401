/// What to do on the PBX so that an extension, or an agent, has exactly the event rows that are wanted. Holds no URL and no
/// token.
package struct SubscriptionPlan: Hashable, Sendable {
    /// One thing to do with a row of ours; rows of others never appear.
    package enum Action: Hashable, Sendable {
        /// POST a row for that event.
        case create(eventType: String)
        /// PUT the live URL and method into our row.
        case update(rowID: Int64, eventType: String)
        /// DELETE our row.
        case delete(rowID: Int64, eventType: String)
        /// Our row is right, nothing to send.
        case keep(rowID: Int64, eventType: String)
    }

    /// An action and why.
    package struct Step: Hashable, Sendable {
        /// What to do.
        package var action: Action
        /// Why.
        package var reason: Reason

        /// A step of a plan.
        package init(action: Action, reason: Reason) {
            self.action = action
            self.reason = reason
        }
    }

    /// How the event slots of the extension are used.
    package struct Slots: Hashable, Sendable {
        /// Rows that the PBX allows on the extension.
        package var limit: Int
        /// Rows there are.
        package var used: Int
        /// Of them ours.
        package var ours: Int
        /// Of them others'.
        package var foreign: Int
        /// Others' rows by the host of their URL; a URL without one counts under `unknown`.
        package var foreignHosts: [String: Int]
        /// Rows that can be added.
        package var free: Int

        /// The use of an extension's slots.
        package init(limit: Int, used: Int, ours: Int, foreign: Int, foreignHosts: [String: Int], free: Int) {
            self.limit = limit
            self.used = used
            self.ours = ours
            self.foreign = foreign
            self.foreignHosts = foreignHosts
            self.free = free
        }
    }

    /// The wanted rows do not fit: numbers as they are when the plan's steps have been taken.
    package struct LimitProblem: Hashable, Sendable {
        /// Rows that the PBX allows on the extension.
        package var limit: Int
        /// Rows there are.
        package var used: Int
        /// Of them ours.
        package var ours: Int
        /// How many more rows are wanted.
        package var needed: Int
        /// Rows that can be added.
        package var free: Int
        /// Others' rows by the host of their URL.
        package var foreignHosts: [String: Int]
        /// The events that stay without a row.
        package var missing: [String]

        /// A limit that is in the way.
        package init(
            limit: Int,
            used: Int,
            ours: Int,
            needed: Int,
            free: Int,
            foreignHosts: [String: Int],
            missing: [String]
        ) {
            self.limit = limit
            self.used = used
            self.ours = ours
            self.needed = needed
            self.free = free
            self.foreignHosts = foreignHosts
            self.missing = missing
        }
    }

    /// In the order of execution.
    package var steps: [Step]
    /// Slots as listed.
    package var before: Slots
    /// Slots when the steps have been taken.
    package var after: Slots
    /// Wanted events that have no row when the steps have been taken.
    package var missing: [String]
    /// Set when the wanted rows do not fit.
    package var limitProblem: LimitProblem?

    /// The steps that send something to the PBX.
    package var writes: [Step] {
        self.steps.filter { step in
            if case .keep = step.action {
                return false
            }
            return true
        }
    }

    /// PBX requests that a run of this plan costs: one list, and one for each write.
    package var requests: Int {
        1 + self.writes.count
    }
}
