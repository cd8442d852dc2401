// Which cards are shown and hidden: the vendor's pages on dial-in and dial-out, with the rules of decisions section 5 for what
// is a call of the phone's user at all.

/// A stored event, and whether its reader sees it for the first time.
package struct LiveEvent: Hashable, Sendable {
    /// Grows with the arrival.
    package var id: Int64
    package var event: CallEvent
    package var isNew: Bool

    package init(id: Int64, event: CallEvent, isNew: Bool) {
        self.id = id
        self.event = event
        self.isNew = isNew
    }
}

/// What new events of a tenant do to its cards, in the order in which they arrived.
///
/// A card is shown at a phone's dial event, answered at the leg's first answer, and hidden at its first hangup: the legs that
/// lose a ring-all have hangups of their own. There is none for IVRs and queues, for internal calls when only external ones are
/// wanted (rule 9), and for calls that the API started on the phone's behalf (rule 7). An answer before its dial event is told
/// when that comes, and after a hangup nothing is.
///
/// What was told earlier follows from the events that are not new, in whatever order they came: nobody needs to remember it.
///
/// - Parameters:
///   - events: The new events, and all others of their CallIDs.
///   - directory: The extensions of the tenant's PBX.
///   - history: The mappings of the events' extensions over time.
///   - externalOnly: The tenant's setting.
/// - Returns: The messages to tell now.
package func cardMessages(
    of events: [LiveEvent],
    directory: ExtensionDirectory,
    history: [MappingPeriod],
    externalOnly: Bool
) -> [CardMessage] {
    let told = events.sorted { $0.isTold(before: $1) }
    var dids: [CallID: String] = [:]
    var firstArrivals: [LegKey: Timestamp] = [:]
    for event in told.lazy.map(\.event) {
        guard let key = LegKey(event) else { continue }
        firstArrivals[key] = min(firstArrivals[key] ?? event.arrivedAt, event.arrivedAt)
        if dids[key.callID] == nil {
            dids[key.callID] = event.calledDID
        }
    }
    var legs: [LegKey: CardLeg] = [:]
    var messages: [CardMessage] = []
    for live in told {
        guard let key = LegKey(live.event), directory.mayBePhone(live.event.extensionID) else { continue }
        let news = legs[key, default: CardLeg()].take(live.event) {
            let leg = PhoneLeg(events: [live.event], directory: directory)
            guard !leg.isCallback, !externalOnly || leg.reasonToIgnore(in: directory) == nil else { return nil }
            let number = leg.clientNumber(in: directory)
            return Card(
                id: key.cardID,
                callID: key.callID,
                direction: leg.direction,
                userID: history.user(
                    of: live.event.extensionID,
                    at: firstArrivals[key] ?? live.event.arrivedAt
                ),
                extensionRef: leg.extensionRef,
                clientNumber: number,
                clientName: leg.clientName(number: number),
                did: live.event.calledDID ?? dids[key.callID]
            )
        }
        if live.isNew {
            messages += news
        }
    }
    return messages
}

/// A leg among those of a tenant.
private struct LegKey: Hashable {
    let callID: CallID
    let subCallID: String?
    /// Of a leg without a SubCallID.
    let extensionID: ExtensionID?

    init?(_ event: CallEvent) {
        guard let callID = event.callID else { return nil }
        self.callID = callID
        self.subCallID = event.subCallID
        self.extensionID = event.subCallID == nil ? event.extensionID : nil
    }

    var cardID: String {
        self.subCallID ?? "\(self.extensionID?.rawValue ?? 0)-\(self.callID)"
    }
}

/// A leg as far as its card goes.
///
/// Can transition from waiting for its dial event to shown, from shown to answered, and from each to over, which is for ever.
private struct CardLeg {
    private var card: Card?
    private var answeredAt: Timestamp?
    private var isOver = false

    /// The leg's next event; gives what it does to the card. `makeCard`: of a dial event; nil when there is to be none.
    mutating func take(_ event: CallEvent, _ makeCard: () -> Card?) -> [CardMessage] {
        guard !self.isOver else { return [] }
        switch event.eventType {
        case .dialIn, .dialOut:
            guard self.card == nil, let card = makeCard() else { return [] }
            self.card = card
            let answered = self.answeredAt.map { CardMessage(kind: .answered, card: card, at: $0) }
            return [CardMessage(kind: .show, card: card, at: event.eventTime)] + (answered.map { [$0] } ?? [])
        case .answer:
            guard self.answeredAt == nil else { return [] }
            self.answeredAt = event.eventTime
            return self.card.map { [CardMessage(kind: .answered, card: $0, at: event.eventTime)] } ?? []
        case .hangup:
            self.isOver = true
            return self.card.map { [CardMessage(kind: .hide, card: $0, at: event.eventTime)] } ?? []
        default:
            return []
        }
    }
}

extension LiveEvent {
    /// What a reader has seen comes before what is new to it, even what arrived earlier and was committed late.
    fileprivate func isTold(before other: LiveEvent) -> Bool {
        if self.isNew != other.isNew {
            return other.isNew
        }
        return (self.event.arrivedAt, self.id) < (other.event.arrivedAt, other.id)
    }
}

extension ExtensionDirectory {
    /// Whether the extension is a phone as far as the listings know.
    fileprivate func mayBePhone(_ id: ExtensionID) -> Bool {
        self.extension(id: id).map { $0.type == .phone || $0.type == .unknown } ?? true
    }
}
