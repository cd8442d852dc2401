/// The screen pop of one leg of a phone: who calls whom, as its dial event tells it.
package struct Card: Hashable, Sendable {
    /// The SubCallID; of a leg without one `<extension>-<CallID>`, the form in which the PBX names a first leg.
    package var id: String
    package var callID: CallID
    /// Which way the leg goes, seen from the phone.
    package var direction: Direction
    /// Whose card it is (rule 14); nil when the phone is mapped to nobody.
    package var userID: UserID?
    package var extensionRef: ExtensionRef
    /// The other party; after a transfer the one outside.
    package var clientNumber: String?
    package var clientName: String?
    /// The public number through which the call came in.
    package var did: String?
}

/// One thing that happens to a card.
package struct CardMessage: Hashable, Sendable {
    /// What happens; the raw values are what connectors read.
    package enum Kind: String, Sendable {
        case show = "card.show"
        case answered = "card.answered"
        case hide = "card.hide"
    }

    package var kind: Kind
    package var card: Card
    /// The PBX's time of the event that tells it.
    package var at: Timestamp
}
