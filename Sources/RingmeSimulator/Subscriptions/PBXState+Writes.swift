extension PBXState {
    /// Notes that a write to an extension's rows has arrived; a second one at the same time is a violation.
    ///
    /// - Returns: The extension, to be handed to ``endWrite(on:)``; nil for anything but such a write.
    mutating func beginWrite(_ request: APIRequest, at now: Int64) -> Int? {
        let resource = Resource(segments: request.segments)
        guard request.method != "GET", [.events, .event].contains(resource.kind),
            let session = session(of: request, at: now), let reference = resource.extensionReference,
            let owner = findExtension(reference, clientID: session.clientID)
        else { return nil }
        let inProgress = writesInProgress[owner.id, default: 0]
        if inProgress > 0 {
            violate(.overlappingWrites, session, extensionID: owner.id, at: now)
        }
        writesInProgress[owner.id] = inProgress + 1
        return owner.id
    }

    /// Notes that a write has been carried out or dropped.
    mutating func endWrite(on extensionID: Int) {
        let left = writesInProgress[extensionID, default: 1] - 1
        writesInProgress[extensionID] = left > 0 ? left : nil
    }
}
