extension PBXState {
    /// What a fault changes on the PBX before the request is looked at.
    mutating func change(by action: Fault.Action, before request: APIRequest, at now: Int64) {
        let subject = subject(of: request, at: now)
        if let clientID = subject.clientID, let appID = subject.appID {
            switch action {
            case .expireTokens: expireTokens(of: clientID)
            case .revokeApplication: clients[clientID]?.applications[appID] = nil
            case .consumeBudget(let requests): clients[clientID]?.rate.consume(requests, at: now)
            default: break
            }
        }
        if let extensionID = subject.extensionID {
            switch action {
            case .setEventLimit(let limit): extensions[extensionID]?.eventLimit = limit
            case .setExtensionType(let type): extensions[extensionID]?.type = type
            case .removeExtension: removeExtension(extensionID)
            case .addForeignRows(let count): addForeignRows(count, to: extensionID)
            case .removeOwnRows: removeOwnRows(of: extensionID)
            case .removeForeignRows(let count): removeForeignRows(count, of: extensionID)
            default: break
            }
        }
    }

    /// Adds rows as another integration does, whatever the limit says.
    private mutating func addForeignRows(_ count: Int, to extensionID: Int) {
        for _ in 0..<count {
            let id = nextEventID()
            events[id] = SimulatedEvent(
                id: id,
                extensionID: extensionID,
                eventType: "hangup",
                url: "https://other.example/hook/\(id)",
                method: "POST",
                owner: .foreign
            )
        }
    }

    private mutating func removeForeignRows(_ count: Int, of extensionID: Int) {
        for row in rows(of: extensionID).filter({ $0.owner == .foreign }).prefix(count) {
            events[row.id] = nil
        }
    }
}
