/// The events of one CallID as a set: each once and in an order that does not depend on how they arrived, sorted by what
/// kind of extension sent them.
struct CallEvidence {
    /// Every distinct event, the earliest `EventTime` first.
    let events: [CallEvent]
    /// The legs of phones, by their first event.
    let phoneLegs: [PhoneLeg]
    /// What IVRs and queues reported, by their first event.
    let monitoredLegs: [MonitoredLeg]
    /// Groups of events that make no call (rule 15): other event types, other kinds of extensions.
    let unassembled: [UnassembledLeg]
    /// Whether a phone accepted the call somewhere in the PBX (rule 5): any hangup says so, whatever its CallFlow.
    let isBridged: Bool

    init(events: [CallEvent], directory: ExtensionDirectory) {
        let distinct = distinctEvents(events)
        let reporters = Set(distinct.filter { $0.bridged != nil }.map(\.extensionID))
        var phones = EventGroups<PhoneGroup>()
        var monitored = EventGroups<ExtensionGroup>()
        var others = EventGroups<ExtensionGroup>()
        for event in distinct {
            switch Role(of: event.extensionID, directory: directory, reporters: reporters) {
            case .phone where event.eventType.isAssembled: phones.add(event, to: PhoneGroup(event))
            case .monitored where event.eventType.isAssembled: monitored.add(event, to: ExtensionGroup(event))
            case .phone, .monitored, .other: others.add(event, to: ExtensionGroup(event))
            }
        }
        self.events = distinct
        self.phoneLegs = phones.lists.map { PhoneLeg(events: $0, directory: directory) }
        self.monitoredLegs = monitored.lists.map { MonitoredLeg(events: $0, directory: directory) }
        self.unassembled = others.lists.map { UnassembledLeg(events: $0, directory: directory) }
        self.isBridged = distinct.contains { $0.eventType == .hangup && $0.bridged == true }
    }

    /// The earliest value that any event of the CallID gives.
    func first<Value>(_ value: (CallEvent) -> Value?) -> Value? {
        for event in self.events {
            if let found = value(event) {
                return found
            }
        }
        return nil
    }
}

/// What an extension's events can mean.
private enum Role {
    case phone
    case monitored
    case other

    /// By the PBX's listing; an extension that no listing knows is monitored when it reports `Bridged`, which only IVRs
    /// and queues do (vendor's hangup page), else a phone.
    init(of id: ExtensionID, directory: ExtensionDirectory, reporters: Set<ExtensionID>) {
        guard let type = directory.extension(id: id)?.type, type != .unknown else {
            self = reporters.contains(id) ? .monitored : .phone
            return
        }
        if type == .phone {
            self = .phone
        } else {
            self = type.isMonitored ? .monitored : .other
        }
    }
}

/// A leg is its SubCallID; without one it is the extension (section 5 of the decisions).
private enum PhoneGroup: Hashable {
    case subCall(String)
    case extensionID(ExtensionID)

    init(_ event: CallEvent) {
        self = event.subCallID.map(PhoneGroup.subCall) ?? .extensionID(event.extensionID)
    }
}

/// IVRs and queues are told apart even if they share a SubCallID.
private struct ExtensionGroup: Hashable {
    let subCallID: String?
    let extensionID: ExtensionID

    init(_ event: CallEvent) {
        self.subCallID = event.subCallID
        self.extensionID = event.extensionID
    }
}

/// Events by group, groups by their first event.
private struct EventGroups<Key: Hashable> {
    private(set) var lists: [[CallEvent]] = []
    private var positions: [Key: Int] = [:]

    mutating func add(_ event: CallEvent, to key: Key) {
        if let position = self.positions[key] {
            self.lists[position].append(event)
        } else {
            self.positions[key] = self.lists.count
            self.lists.append([event])
        }
    }
}

/// Two events are one only when all their fields are equal; of repetitions the first arrival counts.
private func distinctEvents(_ events: [CallEvent]) -> [CallEvent] {
    let isCrowded = events.count > EventIdentity.crowd
    var earliest: [EventIdentity: CallEvent] = [:]
    for event in events {
        let identity = EventIdentity(event: event, isHashedWhole: isCrowded)
        if let known = earliest[identity], known.arrivedAt <= event.arrivedAt {
            continue
        }
        earliest[identity] = event
    }
    return earliest.values.sorted { $0.precedes($1) }
}

/// What makes an event the same as another: the extension and all fields, but not the arrival.
private struct EventIdentity: Hashable {
    /// More events than this make it worth hashing every field, lest events that differ elsewhere are all compared.
    static let crowd = 64

    let event: CallEvent
    let isHashedWhole: Bool

    static func == (left: EventIdentity, right: EventIdentity) -> Bool {
        left.event.extensionID == right.event.extensionID && left.event.fields == right.event.fields
    }

    /// Of few events only what tells those of one call apart.
    func hash(into hasher: inout Hasher) {
        hasher.combine(self.event.extensionID)
        guard !self.isHashedWhole else {
            hasher.combine(self.event.fields)
            return
        }
        hasher.combine(self.event.eventType)
        hasher.combine(self.event.subCallID)
        hasher.combine(self.event.fields["EventTime"])
    }
}

extension CallEvent {
    /// The total order of distinct events: by time, then as a leg goes, then by what makes them distinct.
    func precedes(_ other: CallEvent) -> Bool {
        if self.eventTime != other.eventTime {
            return self.eventTime < other.eventTime
        }
        if self.stage != other.stage {
            return self.stage < other.stage
        }
        if self.extensionID != other.extensionID {
            return self.extensionID < other.extensionID
        }
        return self.fields.precedes(other.fields)
    }

    /// Where in a leg the event stands: dialling, answer, hangup, anything else.
    var stage: Int {
        switch self.eventType {
        case .dialIn, .dialOut: 0
        case .answer: 1
        case .hangup: 2
        default: 3
        }
    }
}
