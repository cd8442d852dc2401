/// All events of one leg of a phone.
struct PhoneLeg {
    /// Nil when the events carry none.
    let subCallID: String?
    /// The phone.
    let extensionRef: ExtensionRef
    /// Which way the leg goes, seen from the phone.
    let direction: Direction
    /// The dial event, nil when it is missing.
    let dial: CallEvent?
    /// The first answer event.
    let answer: CallEvent?
    /// All hangup events.
    let hangups: [CallEvent]
    /// All events, the dial events first, then answers, then hangups: the order in which fields are looked up, so that what
    /// only the dial event knows (RemoteNumber) and what only the hangup knows are both found.
    let events: [CallEvent]

    init(events: [CallEvent], directory: ExtensionDirectory) {
        // Stable within a stage: the events come sorted by time.
        let byStage = (0...3).flatMap { stage in events.filter { $0.stage == stage } }
        let dial = byStage.first { $0.stage == 0 }
        let id = (dial ?? events.first)?.extensionID ?? ExtensionID(rawValue: 0)
        let direction = Self.direction(dial: dial, events: byStage, extensionID: id)
        self.subCallID = events.first?.subCallID
        self.direction = direction
        self.dial = dial
        self.answer = byStage.first { $0.eventType == .answer }
        self.hangups = byStage.filter { $0.eventType == .hangup }
        self.events = byStage
        self.extensionRef =
            directory.extension(id: id)
            ?? ExtensionRef(id: id, name: Self.name(in: byStage, id: id, direction: direction), type: .unknown)
    }

    /// What identifies the leg's record.
    var key: RecordKey {
        self.subCallID.map(RecordKey.leg(subCallID:)) ?? .leg(of: self.extensionRef.id)
    }

    /// When we first heard of the leg, by our clock.
    var firstArrival: Timestamp {
        self.events.map(\.arrivedAt).min() ?? Timestamp(microseconds: 0)
    }

    /// When we first heard of the leg's end, by our clock; nil while it is open.
    var firstHangupArrival: Timestamp? {
        self.hangups.map(\.arrivedAt).min()
    }

    /// The earliest time of its events.
    var startedAt: Timestamp {
        self.events.map(\.eventTime).min() ?? Timestamp(microseconds: 0)
    }

    /// The first value that an event of the leg gives.
    func first<Value>(_ value: (CallEvent) -> Value?) -> Value? {
        for event in self.events {
            if let found = value(event) {
                return found
            }
        }
        return nil
    }

    /// Whether an event of the leg says that it comes from a forward or a transfer.
    var isTransferred: Bool {
        self.events.contains(where: \.transferred)
    }

    /// By the dial event, else by the flow that answer and hangup name (vendor's field list: relative to the sending
    /// extension), else by who calls.
    private static func direction(dial: CallEvent?, events: [CallEvent], extensionID: ExtensionID) -> Direction {
        if let dial {
            return dial.eventType == .dialOut ? .outgoing : .incoming
        }
        for event in events {
            switch event.callFlow {
            case "in": return .incoming
            case "out": return .outgoing
            default: continue
            }
        }
        let isCaller = events.contains { $0.callerExtensionID == extensionID.rawValue }
        return isCaller ? .outgoing : .incoming
    }

    /// The name that the events give an extension which no listing of the PBX knows.
    private static func name(in events: [CallEvent], id: ExtensionID, direction: Direction) -> String {
        for event in events {
            let (name, namedID) =
                direction == .outgoing
                ? (event.callerExtension, event.callerExtensionID) : (event.calledExtension, event.calledExtensionID)
            if let name, namedID == nil || namedID == id.rawValue {
                return name
            }
        }
        return ""
    }
}
