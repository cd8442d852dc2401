/// What one IVR or queue reported under one SubCallID.
struct MonitoredLeg {
    /// Nil when the events carry none.
    let subCallID: String?
    /// The IVR or queue.
    let extensionRef: ExtensionRef
    /// Its hangups, the earliest first.
    let hangups: [CallEvent]
    /// The earliest time of its events.
    let startedAt: Timestamp
    /// When we first heard of it, by our clock.
    let firstArrival: Timestamp

    init(events: [CallEvent], directory: ExtensionDirectory) {
        self.subCallID = events.first?.subCallID
        self.hangups = events.filter { $0.eventType == .hangup }
        self.startedAt = events.first?.eventTime ?? Timestamp(microseconds: 0)
        self.firstArrival = events.map(\.arrivedAt).min() ?? Timestamp(microseconds: 0)
        self.extensionRef = reference(of: events, directory: directory)
    }

    /// Whether it is a queue, whose word counts more than an IVR's (vendor's hangup page).
    var isQueue: Bool {
        self.extensionRef.type == .queue
    }
}

/// Events that make no call.
struct UnassembledLeg {
    /// Nil when the events carry none.
    let subCallID: String?
    /// The extension.
    let extensionRef: ExtensionRef
    /// The earliest time of its events.
    let startedAt: Timestamp
    /// Whether it is the kind of the extension, and not of the events, that keeps them out.
    let isExtensionUnsupported: Bool

    init(events: [CallEvent], directory: ExtensionDirectory) {
        self.subCallID = events.first?.subCallID
        self.extensionRef = reference(of: events, directory: directory)
        self.startedAt = events.first?.eventTime ?? Timestamp(microseconds: 0)
        self.isExtensionUnsupported = events.contains(where: \.eventType.isAssembled)
    }
}

private func reference(of events: [CallEvent], directory: ExtensionDirectory) -> ExtensionRef {
    let id = events.first?.extensionID ?? ExtensionID(rawValue: 0)
    if let known = directory.extension(id: id) {
        return known
    }
    let name = events.first { $0.calledExtensionID == nil || $0.calledExtensionID == id.rawValue }?.calledExtension
    return ExtensionRef(id: id, name: name ?? "", type: .unknown)
}
