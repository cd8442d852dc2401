package import FoundationEssentials
package import Telephony

/// Why the calls of one CallID are as they are: its events, and what the rules made of each leg.
package struct Explanation: Sendable {
    /// An event, or several deliveries of the same.
    package struct Event: Sendable {
        /// Of the first delivery, as the other members.
        package var id: Int64
        package var arrivedAt: Timestamp
        package var extensionID: ExtensionID
        /// Nil when it carries none.
        package var callID: CallID?
        /// Nil when the event could not be read at all.
        package var fields: EventFields?
        /// How many more times it came.
        package var repeats: Int
        /// Nil: it was understood.
        package var quarantine: Quarantine?

        /// What its fields mean; the time of an event without fields is its arrival.
        package var understood: CallEvent {
            CallEvent(extensionID: self.extensionID, arrivedAt: self.arrivedAt, fields: self.fields ?? EventFields([]))
        }
    }

    /// Why an event was kept raw.
    package struct Quarantine: Sendable {
        package var reason: QuarantineReason
        /// What came, about as it came.
        package var raw: RawExcerpt?
    }

    /// What became of a leg.
    package struct Leg: Sendable {
        package enum Outcome: String, Sendable {
            case record, dropped, open
        }

        /// Nil when its events carry none.
        package var subCallID: String?
        package var extensionRef: ExtensionRef
        package var outcome: Outcome
        /// The rule that decided, as numbered in the product's decisions.
        package var rule: String
        package var reason: Reason
        /// The leg's call record, live or withdrawn; nil when it has none, or none yet.
        package var id: UUID?
    }

    /// Why a leg has a record, or none.
    package enum Reason: Hashable, Sendable {
        /// The rules say so.
        case rules(LegTrace.Reason)
        /// The rules say so now; a record that was made earlier was withdrawn.
        case withdrawn(LegTrace.Reason)
        /// The events are no longer stored; the record of this rule stays as it is.
        case eventsGone(rule: String)
        /// The record is older than records are kept.
        case tooOld
    }

    /// Nil for an event that names none.
    package var callID: CallID?
    /// In the order of their time, then of their arrival.
    package var events: [Event]
    /// In the order in which they began.
    package var legs: [Leg]
    /// The live call records.
    package var calls: [UUID]
    /// The withdrawn ones.
    package var withdrawn: [UUID]
    /// When time alone changes the result; nil when it does not.
    package var nextLookAt: Timestamp?
}

extension Explanation.Reason {
    /// A stable code.
    package var code: String {
        switch self {
        case .rules(let reason), .withdrawn(let reason): reason.rawValue
        case .eventsGone: "events_gone"
        case .tooOld: "too_old"
        }
    }

    /// The tenant's setting behind the decision; nil when none is.
    package var setting: String? {
        switch self {
        case .rules(let reason), .withdrawn(let reason): reason.setting
        case .eventsGone: nil
        case .tooOld: "call_retention_days"
        }
    }

    /// The reason in words.
    package func text(in language: Language) -> String {
        switch (self, language) {
        case (.rules(let reason), _):
            reason.text(in: language)
        case (.withdrawn(let reason), .ru):
            reason.text(in: language) + " Запись, сделанная раньше, отозвана."
        case (.withdrawn(let reason), .en):
            reason.text(in: language) + " The record made earlier was withdrawn."
        case (.eventsGone(let rule), .ru):
            "События, по которым запись создало правило \(rule), больше не хранятся; она остаётся как есть, и пришедшее позже её не меняет."
        case (.eventsGone(let rule), .en):
            "The events of which rule \(rule) made the record are no longer kept; it stays as it is, and what came later does not change it."
        case (.tooOld, .ru):
            "Звонок старше срока хранения записей; запись удалена или не создана."
        case (.tooOld, .en):
            "The call is older than records are kept; its record was removed, or not made."
        }
    }
}

extension Explanation {
    /// `events`: all of the CallID. `stored`: its records. `assembly`: what the rules make of the events; nil when the
    /// events that they need are not there. `horizon`: the end of records that retention has removed; nil: none.
    init(
        callID: CallID,
        events: [Event],
        stored: [StoredCall],
        assembly: (assembly: Assembly, directory: ExtensionDirectory)?,
        horizon: Timestamp?
    ) {
        self.callID = callID
        self.events = events
        self.calls = stored.filter { !$0.isWithdrawn }.map(\.id)
        self.withdrawn = stored.filter(\.isWithdrawn).map(\.id)
        self.nextLookAt = assembly?.assembly.nextDue
        if let (assembly, directory) = assembly {
            let old = assembly.records.filter { record in horizon.map { record.endedAt < $0 } ?? false }.map(\.key)
            self.legs = assembly.trace.map { Leg($0, stored: stored, old: old, directory: directory) }
        } else {
            self.legs = stored.map(Leg.init(withoutEvents:))
        }
    }
}

extension Explanation.Leg {
    /// `old`: records that are not made any more.
    init(_ trace: LegTrace, stored: [StoredCall], old: [RecordKey], directory: ExtensionDirectory) {
        self.subCallID = trace.subCallID
        self.extensionRef =
            directory.extension(id: trace.extensionID)
            ?? ExtensionRef(id: trace.extensionID, name: trace.extensionName, type: .unknown)
        self.rule = trace.rule
        self.reason = .rules(trace.reason)
        switch trace.outcome {
        case .record(let key):
            self.outcome = .record
            self.id = stored.first { $0.record.key == key && !$0.isWithdrawn }?.id
            if self.id == nil, old.contains(key) {
                self.outcome = .dropped
                self.reason = .tooOld
            }
        case .open:
            self.outcome = .open
        case .dropped:
            self.outcome = .dropped
            let withdrawn = stored.first { call in
                call.isWithdrawn && call.record.subCallID == trace.subCallID
                    && call.record.extensionRef.id == trace.extensionID
            }
            if let withdrawn {
                self.id = withdrawn.id
                self.reason = .withdrawn(trace.reason)
            }
        }
    }

    init(withoutEvents call: StoredCall) {
        self.subCallID = call.record.subCallID
        self.extensionRef = call.record.extensionRef
        self.outcome = call.isWithdrawn ? .dropped : .record
        self.rule = call.record.rule
        self.reason = .eventsGone(rule: call.record.rule)
        self.id = call.id
    }
}
