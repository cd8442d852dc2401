/// Why a leg gave a record, or none.
package struct LegTrace: Hashable, Sendable {
    /// What became of a leg.
    package enum Outcome: Hashable, Sendable {
        /// It is the record with that key.
        case record(RecordKey)
        /// It is no record.
        case dropped
        /// It is undecided: its hangup or the end of a grace is awaited.
        case open
    }

    /// The PBX's id of the leg, nil when its events carry none.
    package var subCallID: String?
    /// The extension whose token the events came with.
    package var extensionID: ExtensionID
    /// Its name.
    package var extensionName: String
    /// What became of the leg.
    package var outcome: Outcome
    /// The rule that decided, as numbered in the product's decisions.
    package var rule: String
    /// The decision in words.
    package var reason: Reason

    /// The trace of one leg.
    package init(
        subCallID: String?,
        extensionID: ExtensionID,
        extensionName: String,
        outcome: Outcome,
        rule: String,
        reason: Reason
    ) {
        self.subCallID = subCallID
        self.extensionID = extensionID
        self.extensionName = extensionName
        self.outcome = outcome
        self.rule = rule
        self.reason = reason
    }
}
