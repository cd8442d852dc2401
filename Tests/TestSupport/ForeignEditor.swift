package import RingmeSimulator

/// Edits event rows at random, as other integrations and people in the PBX's cabinet do, and knows what must be left of theirs.
package struct ForeignEditor: Sendable {
    /// What an edit did.
    package enum Edit: Hashable, Sendable {
        /// Another integration made this row.
        case added(eventID: Int)
        /// Another integration changed its row.
        case changed(eventID: Int)
        /// Another integration removed its row.
        case removed(eventID: Int)
        /// An administrator removed what applications had made on the extension: so many rows.
        case ownRemoved(extensionID: Int, count: Int)
        /// There was nothing to do.
        case nothing
    }

    private let pbx: SimulatedPBX
    private let clientID: Int
    private let publicURL: String
    private var left: [Int: SimulatedEvent]

    /// An editor of a client's rows; those that are foreign already are under its eyes too.
    ///
    /// `publicURL` is the base of the product's own event URLs: some foreign rows lead there, with tokens nobody gave out.
    package init(pbx: SimulatedPBX, clientID: Int, publicURL: String) {
        self.pbx = pbx
        self.clientID = clientID
        self.publicURL = publicURL
        self.left = [:]
        for owner in pbx.extensions(of: clientID) {
            for row in pbx.events(of: owner.id) where row.owner == .foreign {
                self.left[row.id] = row
            }
        }
    }

    /// The rows that this editor (and those before it) left, but are not there as they were left. Rows of an extension that is
    /// gone are not missed.
    package var damaged: [SimulatedEvent] {
        let extensions = Set(self.pbx.extensions(of: self.clientID).map(\.id))
        let rows = Set(self.pbx.allEvents)
        return self.left.values.filter { extensions.contains($0.extensionID) && !rows.contains($0) }
            .sorted { $0.id < $1.id }
    }

    /// One edit of an extension taken at random. The PBX's limit is kept.
    ///
    /// - Parameter generator: where chance comes from.
    /// - Returns: what was done.
    /// - Throws: `SimulatorError` when somebody else edits at the same time.
    @discardableResult
    package mutating func edit(using generator: inout some RandomNumberGenerator) throws -> Edit {
        guard let owner = self.pbx.extensions(of: self.clientID).randomElement(using: &generator) else {
            return .nothing
        }
        let rows = self.pbx.events(of: owner.id)
        let foreign = rows.filter { $0.owner == .foreign }
        let url = self.url(using: &generator)
        switch (Int.random(in: 0..<8, using: &generator), foreign.randomElement(using: &generator)) {
        case (0, _):
            return .ownRemoved(extensionID: owner.id, count: self.pbx.removeOwnEvents(of: owner.id).count)
        case (1...2, let row?):
            self.left[row.id] = nil
            try self.pbx.removeEvent(row.id)
            return .removed(eventID: row.id)
        case (3...4, let row?):
            self.left[row.id] = try self.pbx.changeEvent(row.id, url: url)
            return .changed(eventID: row.id)
        default:
            guard rows.count < owner.eventLimit else { return .nothing }
            let types = owner.type == "phone" ? ["dial-in", "dial-out", "answer", "hangup"] : ["dial-in", "hangup"]
            let row = try self.pbx.addForeignEvent(
                extensionID: owner.id,
                url: url,
                eventType: types.randomElement(using: &generator) ?? "hangup",
                method: Bool.random(using: &generator) ? "POST" : "GET"
            )
            self.left[row.id] = row
            return .added(eventID: row.id)
        }
    }

    private func url(using generator: inout some RandomNumberGenerator) -> String {
        let word = String(UInt64.random(in: .min ... .max, using: &generator), radix: 36)
        return Bool.random(using: &generator)
            ? "https://crm\(word.count).example.com/hook/\(word)" : "\(self.publicURL)/ext-event/unknown\(word)"
    }
}
